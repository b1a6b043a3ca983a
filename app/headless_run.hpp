// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "command_line.hpp"

#include <fiberscope/snapshot.hpp>

#include <QObject>

class QImage;
class QThread;

namespace fiberscope {
class Node;
}

namespace fiberscope::widgets {
class ObserverWindow;
}

namespace fiberscope::app {

/// `--screenshot` and `--dump`: lets the node run for `Options::after`, writes the files, and ends the event loop: with
/// status 0, or 2 after a line on standard error. SIGINT and SIGTERM end it before, with status 1.
/// **Thread:** GUI thread. **Lifetime:** Node and window outlive it.
class HeadlessRun : public QObject {
    Q_OBJECT

public:
    HeadlessRun(Node& node, widgets::ObserverWindow& window, Options options, QObject* parent = nullptr);
    ~HeadlessRun() override;

private:
    /// Not before a shown window has something to show.
    void writeWhenReady();
    void write();
    /// On a thread of its own: it waits for the node's supervisors, and for whoever reads a pipe.
    QString writeFiles(const QImage& picture);
    void finish(const QString& error);

    Node& m_node;
    widgets::ObserverWindow& m_window;
    Options m_options;
    Snapshot m_baseline;         ///< figures at the start
    QThread* m_writer = nullptr; ///< writes the files
    QString m_error;             ///< written by that thread before it ends
};

} // namespace fiberscope::app
