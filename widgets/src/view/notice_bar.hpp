// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>

#include <QFrame>
#include <QTimer>

class QLabel;

namespace fiberscope::widgets {

/// A slim bar that says what happened, in place, until it is read: pids in it are links. It has a line for what came of
/// the user's deeds and one for what went wrong by itself, so that neither takes the other's place. Hidden while it has
/// nothing to say; a line goes by itself half a minute after its last text unless the mouse rests on the bar. While it is shown
/// it gets higher for a text that needs it, and never lower.
/// **Thread:** GUI thread.
class NoticeBar : public QFrame {
    Q_OBJECT

public:
    explicit NoticeBar(QWidget* parent = nullptr);

    /// What came of a deed; rich text with links as pidLink() makes them.
    void showText(const QString& text);
    /// What went wrong; likewise.
    void showMishap(const QString& text);

    bool eventFilter(QObject* watched, QEvent* event) override;

signals:
    void processClicked(fiberscope::Pid pid);
    /// The user closed it.
    void closed();

private:
    struct Line {
        QLabel* label = nullptr;
        QTimer hide;
    };
    void build(Line& line, const QString& name);
    void show(Line& line, const QString& text);
    void hide(Line& line);
    void dismiss();

    Line m_deed;
    Line m_mishap;
};

} // namespace fiberscope::widgets
