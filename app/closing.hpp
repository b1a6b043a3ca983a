// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QProgressDialog;
class QTimer;
class QWidget;

namespace fiberscope {
class Node;
}

namespace fiberscope::app {

/// Closing the window stops the Node first, off the GUI thread, saying what it waits for; then the event loop ends. A second
/// close leaves the program at once.
/// **Thread:** GUI thread. **Lifetime:** Node and window outlive it.
class Closing : public QObject {
    Q_OBJECT

public:
    Closing(Node& node, QWidget& window);

    bool eventFilter(QObject* watched, QEvent* event) override;

signals:
    /// The first close: the Node still runs.
    void begun();

private:
    void begin();
    void showProgress();
    QString waitedFor() const;

    Node& m_node;
    QWidget& m_window;
    QTimer* m_progressTimer = nullptr;
    QProgressDialog* m_progress = nullptr; ///< set from the first close on
};

} // namespace fiberscope::app
