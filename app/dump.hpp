// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/snapshot.hpp>

#include <QString>

namespace fiberscope {
class Node;
}

namespace fiberscope::app {

/// Writes everything that the Node tells about itself as JSON: `node`, `schedulers`, `processes`, `applications` (as
/// trees), `exits`, `restarts`. The man page lists the fields. `utilization` is a share from 0 to 1 of the time since
/// `baseline` (figures of Node::counters). The file is written as `writeWhole` does.
/// **Thread:** any but the Node's processes. **Blocks:** while it writes, and some seconds for supervisors that do not answer.
/// **Errors:** one line that says why the file could not be written; empty if it was.
QString writeDump(Node& node, const Snapshot& baseline, const QString& fileName);

} // namespace fiberscope::app
