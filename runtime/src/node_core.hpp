// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "behaviour/application_controller.hpp"
#include "process/process_system.hpp"

#include <functional>
#include <memory>
#include <mutex>
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
    std::vector<Pid> stop(Duration deadline);
    /// Runs `operation` in a process of its own, or with nullptr and the reason.
    void run_async(std::function<void(Process* self, const ExitReason& reason)> operation);
    std::string stopped_because() const;

    const std::shared_ptr<ProcessSystem> system;
    ApplicationController applications;

private:
    void stop_applications(std::int64_t deadline_ns);
    void kill_all(std::int64_t deadline_ns);
    void kill(Pid process);
    void kill_attached();
    std::vector<Pid> living() const;

    std::mutex stopping_; ///< held while one caller stops the Node; the others wait
    bool stopped_ = false;
    mutable std::mutex reason_mutex_; ///< protects stopped_because_
    std::string stopped_because_;
};

} // namespace fiberscope::detail
