// SPDX-License-Identifier: BSL-1.0
// What a supervisor answers: supervisor.erl's handle_call.
#include "behaviour/spec_check.hpp"
#include "behaviour/supervisor_process.hpp"

#include <utility>

namespace fiberscope::detail {
namespace {

ExitReason error(std::string_view name) {
    return Term::atom(name);
}

Result<std::monostate> ok() {
    return {boost::system::in_place_value};
}

} // namespace

Reply<StartChild> SupervisorProcess::handle_call(const StartChild& request) {
    if (request.spec == nullptr)
        return Result<Pid>{error("badarg")};
    if (auto wrong = check_child_spec(*request.spec))
        return Result<Pid>{ExitReason{std::move(*wrong)}};
    const Term id = request.spec->id;
    if (const Child* const known = children_.find(id)) {
        if (known->state != ChildInfo::State::running)
            return Result<Pid>{error("already_present")};
        return Result<Pid>{ExitReason{Term::tuple({Term::atom("already_started"), known->pid})}};
    }
    Child& child = children_.add(request.spec);
    Result<Pid> started = start_child(child);
    if (!started) {
        children_.remove(child);
        return Result<Pid>{ExitReason{Term::tuple({started.error().term(), Term::tuple({Term::atom("child"), id})})}};
    }
    if (!*started)
        forget_if_temporary(child);
    return started;
}

Reply<TerminateChild> SupervisorProcess::handle_call(const TerminateChild& request) {
    Child* const child = children_.find(request.id);
    if (child == nullptr)
        return Result<std::monostate>{error("not_found")};
    stop_child(*child);
    child->old_pid = {}; // a later start is no restart
    forget_if_temporary(*child);
    return ok();
}

Reply<RestartChild> SupervisorProcess::handle_call(const RestartChild& request) {
    Child* const child = children_.find(request.id);
    if (child == nullptr)
        return Result<Pid>{error("not_found")};
    if (child->state != ChildInfo::State::stopped)
        return Result<Pid>{error(child->state == ChildInfo::State::running ? "running" : "restarting")};
    return start_child(*child);
}

Reply<DeleteChild> SupervisorProcess::handle_call(const DeleteChild& request) {
    Child* const child = children_.find(request.id);
    if (child == nullptr)
        return Result<std::monostate>{error("not_found")};
    if (child->state != ChildInfo::State::stopped)
        return Result<std::monostate>{error(child->state == ChildInfo::State::running ? "running" : "restarting")};
    children_.remove(*child);
    return ok();
}

Reply<WhichChildren> SupervisorProcess::handle_call(const WhichChildren&) {
    return child_infos();
}

Reply<CountChildren> SupervisorProcess::handle_call(const CountChildren&) {
    CountChildren::Counts counts;
    for (const Child& child : children_.children()) {
        ++counts.specs;
        ++(child.spec->type() == ChildType::supervisor ? counts.supervisors : counts.workers);
        if (child.state == ChildInfo::State::running && self().is_alive(child.pid))
            ++counts.active;
    }
    return counts;
}

} // namespace fiberscope::detail
