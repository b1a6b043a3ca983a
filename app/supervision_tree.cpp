// SPDX-License-Identifier: GPL-3.0-or-later
#include "supervision_tree.hpp"

#include <fiberscope/node.hpp>

#include <future>
#include <memory>

namespace fiberscope::app {
namespace {

std::vector<Inspection> inspectChildren(Node& node, std::vector<Pid> supervisors, std::chrono::milliseconds timeout) {
    // shared: the answer may come after this function has given up
    const auto answer = std::make_shared<std::promise<std::vector<Inspection>>>();
    auto future = answer->get_future();
    node.inspect(std::move(supervisors), Inspect::children, {},
                 [answer](std::vector<Inspection> inspections) { answer->set_value(std::move(inspections)); });
    if (future.wait_for(timeout) != std::future_status::ready)
        return {};
    return future.get();
}

} // namespace

SupervisionTree readSupervisionTree(Node& node, std::chrono::milliseconds timeout) {
    SupervisionTree tree;
    tree.applications = node.applications();
    std::vector<Pid> level;
    for (const ApplicationInfo& application : tree.applications)
        level.push_back(application.supervisor);
    while (!level.empty()) {
        std::vector<Pid> next_level;
        for (Inspection& inspection : inspectChildren(node, std::move(level), timeout)) {
            if (!inspection.is_supervisor)
                continue;
            for (const ChildInfo& child : inspection.supervisor.children)
                if (child.type == ChildType::supervisor && child.pid)
                    next_level.push_back(child.pid);
            tree.supervisors.insert_or_assign(inspection.pid, std::move(inspection.supervisor));
        }
        level = std::move(next_level);
    }
    return tree;
}

} // namespace fiberscope::app
