// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/config.hpp>
#include <fiberscope/pid.hpp>

#include <QHash>
#include <QList>
#include <QMainWindow>
#include <QPointer>
#include <QStringList>

#include <chrono>
#include <memory>

class QSettings;
class QTabWidget;

namespace FIBERSCOPE_API fiberscope {
class Node;
}

namespace fiberscope::widgets {

class NoticeBar;
class MishapWatch;
class ObserverPage;
class ProcessCommands;
class ProcessesPage;
class ProcessInfoWindow;
class Sampler;
class StatusBar;
class WindowPlace;

/// An observer of a Node, laid out as Erlang's: tabs System, Load Charts, Schedulers, Applications, Processes, Log.
/// It reads the Node on a thread of its own and never waits for it; the Node goes on when the window closes.
/// Once the Node is stopped or destroyed, the window stays on its last frame and says why.
/// **Thread:** GUI thread.
class FIBERSCOPE_API ObserverWindow : public QMainWindow {
    Q_OBJECT

public:
    /// Whether layout and choices are kept between runs, by QSettings of the application's name. What a person chooses is
    /// kept; what the program sets is for its run.
    enum class Remember { yes, no };

    explicit ObserverWindow(fiberscope::Node& node, Remember remember = Remember::yes, QWidget* parent = nullptr);
    ~ObserverWindow() override;

    /// The tabs' names, from the left.
    QStringList tabNames() const;
    QString currentTab() const;
    /// Brings a tab to the front for this run: its name in any case, with spaces, dashes or neither. False if there is none.
    bool setCurrentTab(const QString& name);

    /// How often the visible tab is refreshed in this run; 0: only when asked for.
    void setRefreshInterval(std::chrono::milliseconds interval);
    std::chrono::milliseconds refreshInterval() const;

    /// The size for this run, which may be smaller than a person can make the window, or larger than the screen.
    void setSize(const QSize& size);

    /// One line at the bottom of the window, plain text. With a pid it ends in a link to that process.
    void showNotice(const QString& text, fiberscope::Pid pid = {});

    /// Tells in the same place what becomes of a process that something is done to, as it does of a kill. Call it before
    /// that; `deed`: what is done, plain text.
    void followProcess(fiberscope::Pid process, const QString& deed);

    /// Entries that a tool bar may show, too: Pause (checkable) and Refresh.
    QAction* pauseAction() const noexcept { return m_pause; }
    QAction* refreshAction() const noexcept { return m_refresh; }

    /// True once the visible tab has something to show.
    bool isReady() const noexcept { return m_ready; }
    /// For the owner of the Node, before it stops it: keeps the settings and ends sampling. What is shown stays.
    void prepareToClose();

public slots:
    /// Brings the Processes tab to the front with this process selected. Of one that has ended the information window opens.
    void showProcess(fiberscope::Pid pid);
    /// Opens the information window of a process, or raises it if it is open.
    void showProcessInfo(fiberscope::Pid pid);

signals:
    /// The visible tab has something to show for the first time.
    void ready();

protected:
    bool event(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void addPages();
    void addPage(ObserverPage* page);
    void createActions();
    void goToFilter();
    void createMenus();
    void createViewMenu();
    void connectSampler();
    void switchTo(int tab);
    ObserverPage* pageCalled(const QString& name) const;
    void showPageActions(const ObserverPage& page);
    void becomeReady();
    void askRefreshInterval();
    void saveSettings() const;
    void restoreSettings();

    Sampler* m_sampler;
    ProcessCommands* m_commands;
    MishapWatch* m_mishaps;
    NoticeBar* m_notice;
    StatusBar* m_status;
    QTabWidget* m_tabs;
    std::unique_ptr<WindowPlace> m_place;
    QList<ObserverPage*> m_pages;
    ObserverPage* m_current = nullptr;
    ProcessesPage* m_processes = nullptr;
    QHash<quint64, QPointer<ProcessInfoWindow>> m_infoWindows; ///< by Pid::bits()
    QAction *m_pause = nullptr, *m_refresh = nullptr, *m_find = nullptr;
    QMenu *m_fileMenu = nullptr, *m_viewMenu = nullptr;
    QList<QAction*> m_pageActions; ///< what the shown tab added to the menus
    std::chrono::milliseconds m_lastInterval{1000};
    Remember m_remember;
    /// What the program set and the person has not changed since: not kept.
    struct {
        bool tab = false, interval = false;
    } m_forThisRun;
    bool m_ready = false;
};

} // namespace fiberscope::widgets
