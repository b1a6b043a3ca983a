// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/config.hpp>

#include <QString>

#include <functional>

class QIODevice;

namespace fiberscope::widgets {

/// Writes a file whole or not at all: it appears under its name once all of it is on the disk; before that, and after any
/// failure, what was there stays. A symbolic link stays, and what it names is written.
/// A FIFO, a terminal or another character device, a name such as `/dev/stdout` or `/dev/fd/3`, and `-`, which is standard
/// output, are written straight. A folder, a socket or a block device is refused.
/// `write` gets a sequential device; it returns false if it has nothing to write.
/// **Thread:** any; QThread::requestInterruption() ends the wait for a FIFO's reader. **Blocks:** while it writes; on a FIFO
/// until somebody reads. Whoever writes to one ignores SIGPIPE.
/// **Errors:** one line that starts with the name and says why; empty if all is written.
FIBERSCOPE_API QString writeWhole(const QString& name, const std::function<bool(QIODevice&)>& write);

/// What would keep `writeWhole` from writing to this name, in its words; empty: nothing is known. Leaves nothing behind.
/// **Thread:** any. **Blocks:** for a look at the folder, never for a reader.
FIBERSCOPE_API QString findWriteObstacle(const QString& name);

} // namespace fiberscope::widgets
