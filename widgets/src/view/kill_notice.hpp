// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>

#include <QFrame>
#include <QTimer>

class QLabel;

namespace fiberscope::widgets {

/// A slim bar that says what happened, in place, until it is read: pids in it are links. Hidden while it has nothing
/// to say; it goes by itself half a minute after its last text unless the mouse rests on it.
/// **Thread:** GUI thread.
class KillNotice : public QFrame {
    Q_OBJECT

public:
    explicit KillNotice(QWidget* parent = nullptr);

    /// Rich text with links as pidLink() makes them.
    void showText(const QString& text);
    QString text() const;

signals:
    void processClicked(fiberscope::Pid pid);

private:
    QLabel* m_text;
    QTimer m_hide;
};

} // namespace fiberscope::widgets
