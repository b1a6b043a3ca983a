// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/gui_relay.hpp"
#include "model/sampler.hpp"

#include <fiberscope/inspect.hpp>

#include <QMainWindow>
#include <QTimer>

class QFrame;
class QLabel;
class QPushButton;
class QTabWidget;

namespace fiberscope::widgets {

class ProcessInfoTab;

/// Everything about one process, asked anew each second while the sampler is not paused. When the process ends it
/// says so, keeps the last values, and offers the process that was started in its place.
/// **Thread:** GUI thread; nothing waits for the process.
class ProcessInfoWindow : public QMainWindow {
    Q_OBJECT

public:
    /// `name`: what it is called where the window is asked for; it may have ended meanwhile.
    ProcessInfoWindow(Sampler& sampler, fiberscope::Pid pid, const QString& name, QWidget* parent);

    fiberscope::Pid pid() const noexcept { return m_pid; }

public slots:
    void refresh();

signals:
    void processInfoRequested(fiberscope::Pid pid);

private:
    void createMenus();
    void createBanner();
    void addTab(ProcessInfoTab* tab, const QString& title);
    ProcessInfoTab* currentTab() const;
    void inspect();
    void takeDetails(const ProcessDetails& details);
    void takeInspection(const fiberscope::Inspection& inspection);
    void takeEvents(const EventsSample& batch);
    /// The name, and how it stands, if not well.
    void showTitle(const QString& state = {});
    void showDead(const QString& why);
    QString deadText(const QString& why) const;
    void showEnd(const fiberscope::Event& exit);
    void showSuccessor(fiberscope::Pid successor);
    void openLink(const QString& link);

    Sampler& m_sampler;
    fiberscope::Pid m_pid;
    QString m_name; ///< as last seen
    QTabWidget* m_tabs;
    QFrame* m_banner;
    QLabel* m_bannerText;
    QPushButton* m_successor;
    QLabel* m_suspended; ///< says that it is
    QTimer m_timer;
    bool m_seen = false;  ///< a look-up has found it alive
    bool m_asked = false; ///< an inspection is under way
    bool m_dead = false;
    GuiRelay m_relay{this}; ///< last: goes first, so that no answer meets a half-destroyed window
};

} // namespace fiberscope::widgets
