// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "behaviour/child_table.hpp"
#include "behaviour/restart_intensity.hpp"
#include "behaviour/supervisor_reports.hpp"

#include <fiberscope/server.hpp>
#include <fiberscope/supervisor.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace fiberscope::detail {

/// A supervisor at work: a server like any other, so it holds no stack while idle.
/// **Source:** supervisor.erl of OTP 25, rules S01 to S22.
class SupervisorProcess final : public Server<SupervisorProcess> {
public:
    /// A restart failed and is tried again after the requests that wait (rule S10).
    struct TryAgain {
        Term key; ///< of the child in the table
    };
    using Messages = fiberscope::Messages<Exit, TryAgain, StartChild, TerminateChild, RestartChild, DeleteChild, GetChildSpec,
                                          WhichChildren, CountChildren>;

    /// Starts the children of `definition` in order. If one fails those before it are stopped, and the start fails.
    explicit SupervisorProcess(std::shared_ptr<const Supervisor> definition);

    void handle_info(const Exit& exit);
    void handle_cast(const TryAgain& again);
    Reply<StartChild> handle_call(const StartChild& request);
    Reply<TerminateChild> handle_call(const TerminateChild& request);
    Reply<RestartChild> handle_call(const RestartChild& request);
    Reply<DeleteChild> handle_call(const DeleteChild& request);
    Reply<GetChildSpec> handle_call(const GetChildSpec& request);
    Reply<WhichChildren> handle_call(const WhichChildren& request);
    Reply<CountChildren> handle_call(const CountChildren& request);
    void terminate(const ExitReason& reason);

private:
    using Group = std::vector<Child*>;

    bool describe_supervisor(SupervisorInfo& info, bool with_children) const override;
    std::vector<ChildInfo> child_infos() const;

    /// Children come on demand and have no ids.
    bool is_dynamic() const noexcept { return definition_->strategy() == Strategy::simple_one_for_one; }
    /// By its id, or by its pid where children have no ids; nullptr if there is none.
    Child* find(const Term& id);
    const ChildSpec& child_template() const noexcept { return definition_->children().front(); }

    // -- starting and stopping ----

    struct StartFailure {
        Child* child;
        ExitReason reason;
    };
    /// Starts one child, and records a restart if it replaces a process. On success it stands in the table as running, or
    /// as stopped if it answered `ignore`.
    Result<Pid> start_child(Child& child);
    /// Starts children in order up to the first that fails, which is reported and returned.
    std::optional<StartFailure> start_group(const Group& group);
    /// Stops a child if it runs, and reports a bad end.
    void stop_child(Child& child);
    /// Stops children in reverse order.
    void stop_group(const Group& group);
    /// Stops the children that came on demand, all at once (rule S17).
    void stop_dynamic();
    /// A temporary child without a process is forgotten, and one that came on demand; others stay.
    void forget_if_unkept(Child& child);
    Reply<StartChild> start_dynamic(const StartChild& request);

    // -- restarting ----

    void restart(Child& child);
    void restart_one(Child& child);
    /// Stops the children of `group`, forgets the temporary ones (rule S09), and starts the others.
    void restart_group(Group group);
    /// After a failed start: the child is restarting, and tried again after the requests that wait (rule S10).
    void try_again(Child& child);
    void give_up(Child& child);
    /// The end of a significant child that is not restarted may end the supervisor (rule S18).
    bool is_auto_shutdown(bool was_significant) const;

    std::shared_ptr<const Supervisor> definition_;
    ChildTable children_;
    RestartIntensity intensity_;
    SupervisorReports reports_;
    std::uint64_t restarts_ = 0; ///< children restarted since the start
    std::int64_t next_key_ = 0;  ///< of the next child that comes on demand
};

} // namespace fiberscope::detail
