// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/application.hpp>
#include <fiberscope/inspect.hpp>
#include <fiberscope/pid.hpp>

#include <QHash>
#include <QString>

#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace fiberscope::widgets {

/// Registered names and labels; empty: asked, has none.
using SupervisionNames = QHash<fiberscope::Pid, QString>;

/// The supervision trees of a Node at one moment. A tree is found by walking: an application's top supervisor, its
/// children, what those that are supervisors have said of theirs. A supervisor that has not answered yet is here with
/// what it said last. Immutable once published; shares what has not changed with the frame before.
/// **Thread:** any thread.
struct SupervisionFrame {
    std::vector<fiberscope::ApplicationInfo> applications; ///< those that run, in start order
    std::unordered_map<fiberscope::Pid, std::shared_ptr<const fiberscope::SupervisorInfo>> supervisors;
    std::shared_ptr<const SupervisionNames> names = std::make_shared<SupervisionNames>(); ///< as far as known
    std::unordered_set<fiberscope::Pid> unanswered; ///< supervisors that owe an answer for long

    /// nullptr: no such supervisor, or it has never answered.
    const fiberscope::SupervisorInfo* supervisor(fiberscope::Pid pid) const {
        const auto found = supervisors.find(pid);
        return found == supervisors.end() ? nullptr : found->second.get();
    }
    /// Empty: it has none, or none is known.
    QString name(fiberscope::Pid pid) const { return names->value(pid); }
    /// nullptr: it does not run.
    const fiberscope::ApplicationInfo* application(fiberscope::Atom name) const {
        for (const auto& application : applications)
            if (application.name == name)
                return &application;
        return nullptr;
    }
};
using SupervisionFramePtr = std::shared_ptr<const SupervisionFrame>;

} // namespace fiberscope::widgets
