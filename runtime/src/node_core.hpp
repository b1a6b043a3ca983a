// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "behaviour/application_controller.hpp"
#include "inspect/log_handlers.hpp"
#include "process/process_system.hpp"
#include "scheduler/signal_handlers.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace fiberscope::detail {

/// A Node without its handle: what stays alive while a thread of it does.
class NodeCore : public std::enable_shared_from_this<NodeCore> {
public:
    NodeCore(const NodeConfig& config, Node& node);
    ~NodeCore();

    void start();
    /// As Node::stop. **Blocks:** the thread.
    std::vector<Pid> stop(std::int64_t deadline_ns);
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
    void stop_applications(std::int64_t deadline_ns);
    void kill_all(std::int64_t deadline_ns);
    std::vector<Pid> living() const;

    std::mutex stopping_; ///< held while one caller stops the Node; the others wait
    bool stopped_ = false;
    std::optional<SignalHandlers> signal_handlers_; ///< while its threads run
    mutable std::mutex reason_mutex_; ///< protects stopped_because_
    std::string stopped_because_;
};

} // namespace fiberscope::detail
