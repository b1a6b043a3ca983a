// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>

#include <QList>
#include <QString>
#include <QWidget>

class QAction;
class QLineEdit;
class QSettings;

namespace fiberscope::widgets {

/// One tab of the observer window.
/// **Thread:** GUI thread.
class ObserverPage : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    /// The tab's text, and the name by which `--tab` finds it.
    virtual QString title() const = 0;
    /// Only the shown page costs anything: called with true when its tab comes to the front, false when it leaves.
    virtual void setActive(bool active) { Q_UNUSED(active) }
    /// Entries that its tab puts on top of the File menu and into the View menu while it is shown. Owned by the page.
    virtual QList<QAction*> fileActions() const { return {}; }
    virtual QList<QAction*> viewActions() const { return {}; }
    /// Where its filter is typed, if it has one: the window's keys for it lead there. Owned by the page.
    virtual QLineEdit* filterField() const { return nullptr; }
    /// What the status bar says while it is shown (`Number of Processes: 300000`).
    virtual QString statusText() const { return {}; }
    /// Layout and choices kept between runs, in a group of its own.
    virtual void saveSettings(QSettings& settings) const { Q_UNUSED(settings) }
    virtual void restoreSettings(QSettings& settings) { Q_UNUSED(settings) }

signals:
    void statusTextChanged(const QString& text);
    /// Opens the information window of a process.
    void processInfoRequested(fiberscope::Pid pid);
    /// Brings the Processes tab to the front with this process selected; of one that has ended opens its information window.
    void processShowRequested(fiberscope::Pid pid);
    /// Kills a process, after asking where that is the habit (several, or a system process).
    void killRequested(QList<fiberscope::Pid> pids);
    /// Asks for an exit reason, sends it, and tells what that led to.
    void exitSignalRequested(QList<fiberscope::Pid> pids);
    /// Something to tell at the bottom of the window, rich text with links as pidLink() makes them.
    void notice(const QString& text);
};

} // namespace fiberscope::widgets
