// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/application.hpp>
#include <fiberscope/inspect.hpp>

#include <chrono>
#include <unordered_map>
#include <vector>

namespace fiberscope {
class Node;
}

namespace fiberscope::app {

/// The running applications, and what each supervisor below them says about itself.
struct SupervisionTree {
    std::vector<ApplicationInfo> applications; ///< in start order
    std::unordered_map<Pid, SupervisorInfo> supervisors;
};

/// Asks all supervisors, level by level. One that does not answer within `timeout` is missing in the result.
/// **Thread:** any but the Node's processes. **Blocks:** up to `timeout` a level of the tree.
SupervisionTree readSupervisionTree(Node& node, std::chrono::milliseconds timeout);

} // namespace fiberscope::app
