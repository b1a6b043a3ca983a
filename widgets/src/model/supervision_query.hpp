// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/supervision_frame.hpp"
#include "model/supervision_node.hpp"

#include <QString>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fiberscope::widgets {

/// What is looked for in a supervision tree.
struct SupervisionQuery {
    QString text;          ///< a part of title, child id or pid, in any case; empty: nothing is looked for
    fiberscope::Pid named; ///< who is registered by this name: names of big families are not known otherwise

    bool isEmpty() const { return text.isEmpty(); }
    bool matches(const SupervisionNode& node) const;
};

/// What was found in a tree, whether it is shown, folded away or one of the many children of a family that have no box.
struct SupervisionHits {
    static constexpr std::size_t mostPaths = 200;
    using Path = std::vector<std::size_t>;

    SupervisionFramePtr frame; ///< where it was looked for
    fiberscope::Atom application;
    SupervisionQuery query;
    std::uint64_t count = 0;
    /// The way to each of the first, top to bottom: empty is the application master, {0} the top supervisor, {0, 5} its sixth
    /// child.
    std::vector<Path> paths;
};

/// Looks through the whole tree of an application. Stops early once `isCancelled`. **Thread:** any. **Cost:** linear in all
/// children: a million take a second.
SupervisionHits search(const SupervisionFramePtr& frame, fiberscope::Atom application, const SupervisionQuery& query,
                       const std::atomic<bool>& isCancelled);

// -- the nodes of a tree, as a frame tells them ----
SupervisionNode masterNode(const fiberscope::ApplicationInfo& application);
SupervisionNode topNode(const SupervisionFrame& frame, const fiberscope::ApplicationInfo& application);
SupervisionNode childNode(const SupervisionFrame& frame, const fiberscope::SupervisorInfo& family, std::size_t child);
/// Sets what a supervisor has said of its family. Nothing for a worker.
void fillFamily(const SupervisionFrame& frame, SupervisionNode& node);

} // namespace fiberscope::widgets
