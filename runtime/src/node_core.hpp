// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "behaviour/application_controller.hpp"
#include "inspect/log_handlers.hpp"
#include "process/process_system.hpp"
#include "scheduler/signal_handlers.hpp"

#include <fiberscope/build_check.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace fiberscope::detail {

/// A Node without its handle: what stays alive while a thread of it does.
class FIBERSCOPE_HIDDEN NodeCore : public std::enable_shared_from_this<NodeCore> {
public:
    NodeCore(const NodeConfig& config, Node& node);
    ~NodeCore();

    /// Warns if the code that makes the Node lacks a flag that processes need. Before `start`.
    void note_build(BuildFlags build);
    void start();
    /// As Node::stop. **Blocks:** the thread.
    std::vector<Pid> stop(Duration deadline);
    /// The same in a thread of its own. **Errors:** std::system_error if there is none to be had.
    void stop_async(Duration deadline, std::function<void(std::vector<Pid>)> completion, std::string because = "stopped");
    /// The same for who does not want to hear of it.
    void begin_stop(Duration deadline, std::string because = "stopped");
    /// Of a stop for which nobody says another.
    static constexpr std::chrono::seconds usual_deadline{10};
    /// The calling thread is one of the Node's own: what it is at now cannot end before it goes on.
    bool is_inside() const noexcept { return system->group().is_inside(); }
    /// This program is a child that fork() made of the Node's: it has its memory, but none of its threads.
    bool is_forked() const noexcept;
    /// Lets go of the Node without the wait for its end, where the calling thread would wait for itself or for threads that
    /// are not there. Its processes go on until the program ends, which is now; else they are stopped meanwhile.
    void leave() noexcept;
    /// Those that are left, without the threads that are attached from outside: they end in their own time.
    std::vector<Pid> living() const;
    /// Runs `operation` in a process of its own, or with nullptr and the reason.
    void run_async(std::function<void(Process* self, const ExitReason& reason)> operation);
    std::string stopped_because() const;
    /// A call that blocks the thread, where one of the Node's own processes makes it: the error to answer, after the log
    /// has said so; else nothing. `instead`: what to do in its place.
    std::optional<ExitReason> refuse_inside(const char* call, const char* instead) const;

    const std::shared_ptr<ProcessSystem> system;
    const std::shared_ptr<LogHandlers> log_handlers;
    ApplicationController applications;

private:
    void release_suspended();
    void stop_applications(std::int64_t deadline_ns);
    void kill_all(std::int64_t deadline_ns);
    void kill_all_but(Pid spared, std::int64_t deadline_ns);
    void end_logger(Pid logger, std::int64_t deadline_ns);
    void kill(Pid process);
    void kill_attached();
    void note_reason(const std::string& because);

    const pid_t made_by_;
    std::mutex stopping_; ///< held while one caller stops the Node; the others wait
    bool stopped_ = false;
    std::optional<SignalHandlers> signal_handlers_; ///< while its threads run
    mutable std::mutex reason_mutex_;               ///< protects stopped_because_
    std::string stopped_because_;
};

} // namespace fiberscope::detail
