// SPDX-License-Identifier: GPL-3.0-or-later
#include <fiberscope/widgets/observer_window.hpp>

#include "model/line_text.hpp"
#include "model/mishap_watch.hpp"
#include "model/pid_link.hpp"
#include "model/sampler.hpp"
#include "model/text_format.hpp"
#include "view/applications_page.hpp"
#include "view/help_dialogs.hpp"
#include "view/load_charts_page.hpp"
#include "view/log_page.hpp"
#include "view/notice_bar.hpp"
#include "view/process_commands.hpp"
#include "view/process_info_window.hpp"
#include "view/processes_page.hpp"
#include "view/refresh_interval_dialog.hpp"
#include "view/schedulers_page.hpp"
#include "view/status_bar.hpp"
#include "view/system_page.hpp"
#include "view/theme.hpp"
#include "view/theme_menu.hpp"
#include "view/window_place.hpp"

#include <fiberscope/node.hpp>

#include <QAction>
#include <QCloseEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenuBar>
#include <QSettings>
#include <QShortcut>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace fiberscope::widgets {

using namespace std::chrono_literals;

namespace {

/// `Load Charts`, `load-charts` and `loadcharts` are one name.
QString plainName(const QString& name) {
    QString plain;
    for (const auto character : name)
        if (character.isLetterOrNumber())
            plain += character.toLower();
    return plain;
}

/// That of the last run; what the window cannot have kept is not taken.
std::chrono::milliseconds keptInterval(const QSettings& settings) {
    bool isNumber = false;
    const std::chrono::milliseconds kept{settings.value(QStringLiteral("window/refreshMs")).toLongLong(&isNumber)};
    return isNumber && (kept == 0ms || (kept >= 100ms && kept <= 1h)) ? kept : 1000ms;
}

QString pageGroup(const ObserverPage& page) {
    return QStringLiteral("pages/%1").arg(plainName(page.title()));
}

} // namespace

ObserverWindow::ObserverWindow(fiberscope::Node& node, Remember remember, QWidget* parent)
    : QMainWindow{parent}, m_sampler{new Sampler{node, this}}, m_commands{new ProcessCommands{*m_sampler, *this}},
      m_mishaps{new MishapWatch{this}}, m_notice{new NoticeBar{this}}, m_status{new StatusBar{*m_sampler, this}},
      m_tabs{new QTabWidget{this}}, m_place{std::make_unique<WindowPlace>(*this)}, m_remember{remember} {
    setObjectName(QStringLiteral("observerWindow"));
    setWindowTitle(titleText(lineText(toQString(node.config().name))));
    m_tabs->setObjectName(QStringLiteral("tabs"));
    m_tabs->setDocumentMode(true);
    auto* content = new QWidget{this};
    auto* layout = new QVBoxLayout{content};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_tabs, 1);
    layout->addWidget(m_notice);
    setCentralWidget(content);
    setStatusBar(m_status);
    deriveHints(*this);

    createActions();
    addPages();
    createMenus();
    connectSampler();
    if (m_remember == Remember::yes)
        restoreSettings();
    connect(m_tabs, &QTabWidget::currentChanged, this, &ObserverWindow::switchTo);
    switchTo(m_tabs->currentIndex());
    m_processes->setFocus(); // where its tab leads to: the table, not its filter
    m_current->setFocus();
}

// The sampler's thread ends before the pages that its signals reach.
ObserverWindow::~ObserverWindow() {
    m_sampler->stop();
}

// -- tabs ----

void ObserverWindow::addPages() {
    m_processes = new ProcessesPage{*m_sampler, *m_commands, this};
    addPage(new SystemPage{*m_sampler, this});
    addPage(new LoadChartsPage{*m_sampler, this});
    addPage(new SchedulersPage{*m_sampler, this});
    addPage(new ApplicationsPage{*m_sampler, this});
    addPage(m_processes);
    addPage(new LogPage{*m_sampler, this});
    m_tabs->setCurrentWidget(m_processes);
}

void ObserverWindow::addPage(ObserverPage* page) {
    m_pages.push_back(page);
    const int tab = m_tabs->addTab(page, page->title());
    auto* shortcut = new QShortcut{QKeySequence{QStringLiteral("Alt+%1").arg(tab + 1)}, this};
    connect(shortcut, &QShortcut::activated, m_tabs, [this, tab] { m_tabs->setCurrentIndex(tab); });
    connect(page, &ObserverPage::processInfoRequested, this, &ObserverWindow::showProcessInfo);
    connect(page, &ObserverPage::processShowRequested, this, &ObserverWindow::showProcess);
    connect(page, &ObserverPage::killRequested, m_commands,
            [this](const QList<fiberscope::Pid>& pids) { m_commands->kill(pids, ProcessCommands::Ask::ifRisky); });
    connect(page, &ObserverPage::exitSignalRequested, m_commands, &ProcessCommands::sendExit);
    connect(page, &ObserverPage::notice, m_notice, &NoticeBar::showText);
    connect(page, &ObserverPage::statusTextChanged, m_status, [this, page](const QString& text) {
        if (page == m_current)
            m_status->showPageText(text);
    });
}

void ObserverWindow::switchTo(int tab) {
    if (m_current != nullptr)
        m_current->setActive(false);
    m_current = m_pages.value(tab);
    m_current->setActive(true);
    m_forThisRun.tab = false;
    m_status->showPageText(m_current->statusText());
    showPageActions(*m_current);
}

QStringList ObserverWindow::tabNames() const {
    QStringList names;
    for (const auto* page : m_pages)
        names += page->title();
    return names;
}

QString ObserverWindow::currentTab() const {
    return m_current->title();
}

ObserverPage* ObserverWindow::pageCalled(const QString& name) const {
    const auto found = std::find_if(m_pages.begin(), m_pages.end(),
                                    [&](const auto* page) { return plainName(page->title()) == plainName(name); });
    return found == m_pages.end() ? nullptr : *found;
}

bool ObserverWindow::setCurrentTab(const QString& name) {
    auto* page = pageCalled(name);
    if (page == nullptr)
        return false;
    m_tabs->setCurrentWidget(page);
    m_forThisRun.tab = true;
    return true;
}

// -- menus ----

void ObserverWindow::createActions() {
    m_refresh = new QAction{tr("&Refresh"), this};
    m_refresh->setObjectName(QStringLiteral("refresh"));
    m_refresh->setToolTip(tr("Read the node now (Ctrl+R)"));
    m_refresh->setShortcuts({QKeySequence{Qt::CTRL | Qt::Key_R}, QKeySequence{Qt::Key_F5}});
    connect(m_refresh, &QAction::triggered, m_sampler, &Sampler::refreshNow);
    m_pause = new QAction{tr("&Pause"), this};
    m_pause->setObjectName(QStringLiteral("pause"));
    m_pause->setToolTip(tr("Read nothing from the node until it goes on (F6 or space)"));
    m_pause->setShortcut(Qt::Key_F6);
    m_pause->setCheckable(true);
    connect(m_pause, &QAction::toggled, m_sampler, &Sampler::setPaused);
    m_find = new QAction{tr("&Filter"), this};
    m_find->setObjectName(QStringLiteral("goToFilter"));
    m_find->setShortcuts({QKeySequence{Qt::CTRL | Qt::Key_K}, QKeySequence{Qt::CTRL | Qt::Key_F}, QKeySequence{Qt::Key_Slash}});
    connect(m_find, &QAction::triggered, this, &ObserverWindow::goToFilter);
    addAction(m_find); // its keys are there on every tab
}

void ObserverWindow::goToFilter() {
    auto* field = m_current->filterField();
    if (field == nullptr)
        return;
    field->setFocus(Qt::ShortcutFocusReason);
    field->selectAll();
}

void ObserverWindow::createMenus() {
    m_fileMenu = menuBar()->addMenu(tr("&File"));
    auto* quit = m_fileMenu->addAction(tr("&Quit"), this, &QWidget::close);
    quit->setObjectName(QStringLiteral("quit"));
    quit->setShortcut(QKeySequence{Qt::CTRL | Qt::Key_Q});
    createViewMenu();
    auto* nodes = menuBar()->addMenu(tr("&Nodes"));
    auto* node = nodes->addAction(menuText(lineText(toQString(m_sampler->node().config().name))));
    node->setObjectName(QStringLiteral("node"));
    node->setCheckable(true);
    node->setChecked(true);
    node->setEnabled(false);
    auto* log = menuBar()->addMenu(tr("&Log"))->addAction(tr("&Show log"), this, [this] {
        m_tabs->setCurrentWidget(pageCalled(QStringLiteral("Log")));
    });
    log->setObjectName(QStringLiteral("showLog"));
    auto* help = menuBar()->addMenu(tr("&Help"));
    auto* keys = help->addAction(tr("&Keyboard Shortcuts"), this, [this] { showShortcuts(*this); });
    keys->setObjectName(QStringLiteral("showShortcuts"));
    keys->setShortcut(QKeySequence::HelpContents);
    help->addAction(tr("&About"), this, [this] { showAbout(*this); })->setObjectName(QStringLiteral("showAbout"));
}

void ObserverWindow::createViewMenu() {
    m_viewMenu = menuBar()->addMenu(tr("&View"));
    m_viewMenu->setToolTipsVisible(true);
    m_viewMenu->addAction(m_refresh);
    auto* interval = m_viewMenu->addAction(tr("Refresh &Interval…"), this, &ObserverWindow::askRefreshInterval);
    interval->setObjectName(QStringLiteral("refreshInterval"));
    m_viewMenu->addAction(m_pause);
    m_viewMenu->addSeparator();
    m_viewMenu->addMenu(new ThemeMenu{m_viewMenu});
}

void ObserverWindow::showPageActions(const ObserverPage& page) {
    for (auto* action : std::as_const(m_pageActions)) {
        m_fileMenu->removeAction(action);
        m_viewMenu->removeAction(action);
        if (action->isSeparator())
            action->deleteLater();
    }
    m_pageActions.clear();
    const auto put = [this](QMenu& menu, QList<QAction*> actions) {
        if (actions.isEmpty())
            return;
        auto* separator = new QAction{this};
        separator->setSeparator(true);
        actions.push_back(separator);
        menu.insertActions(menu.actions().value(0), actions);
        m_pageActions += actions;
    };
    put(*m_fileMenu, page.fileActions());
    auto viewActions = page.viewActions();
    if (page.filterField() != nullptr)
        viewActions.append(m_find);
    put(*m_viewMenu, viewActions);
}

void ObserverWindow::askRefreshInterval() {
    auto* dialog = new RefreshIntervalDialog{refreshInterval(), m_lastInterval, this};
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        setRefreshInterval(dialog->interval());
        m_forThisRun.interval = false;
    });
    dialog->open();
}

void ObserverWindow::setRefreshInterval(std::chrono::milliseconds interval) {
    if (interval > 0ms)
        m_lastInterval = interval;
    m_sampler->setRefreshInterval(interval);
    m_forThisRun.interval = true;
    m_status->showRefreshInterval(interval);
}

std::chrono::milliseconds ObserverWindow::refreshInterval() const {
    return m_sampler->refreshInterval();
}

// -- what the node tells ----

void ObserverWindow::connectSampler() {
    connect(m_sampler, &Sampler::pausedChanged, m_pause, &QAction::setChecked);
    connect(m_sampler, &Sampler::loadSampled, this, [this] {
        if (m_current != m_processes)
            becomeReady();
    });
    connect(m_sampler, &Sampler::processesSampled, this, &ObserverWindow::becomeReady);
    connect(m_commands, &ProcessCommands::notice, m_notice, &NoticeBar::showText);
    connect(m_sampler, &Sampler::eventsArrived, m_mishaps, &MishapWatch::takeEvents);
    connect(m_sampler, &Sampler::loadSampled, m_mishaps, &MishapWatch::takeLoad);
    connect(m_mishaps, &MishapWatch::told, m_notice, &NoticeBar::showMishap);
    connect(m_notice, &NoticeBar::closed, m_mishaps, &MishapWatch::dismiss);
    connect(m_notice, &NoticeBar::processClicked, this, &ObserverWindow::showProcess);
}

void ObserverWindow::becomeReady() {
    if (m_ready)
        return;
    m_ready = true;
    emit ready();
}

void ObserverWindow::showNotice(const QString& text, fiberscope::Pid pid) {
    const auto plain = text.toHtmlEscaped();
    m_notice->showText(pid ? QStringLiteral("%1 %2").arg(plain, pidLink(pid)) : plain);
}

void ObserverWindow::followProcess(fiberscope::Pid process, const QString& deed) {
    m_commands->follow(process, deed);
}

void ObserverWindow::showProcess(fiberscope::Pid pid) {
    if (!m_sampler->node().is_alive(pid)) // its window tells how it ended and who took its place
        return showProcessInfo(pid);
    m_tabs->setCurrentWidget(m_processes);
    m_processes->selectProcess(pid);
    m_processes->setFocus();
}

void ObserverWindow::showProcessInfo(fiberscope::Pid pid) {
    auto& window = m_infoWindows[pid.bits()];
    if (window == nullptr) {
        window = new ProcessInfoWindow{*m_sampler, pid, m_processes->nameOf(pid), this};
        connect(window, &ProcessInfoWindow::processInfoRequested, this, &ObserverWindow::showProcessInfo);
    }
    window->show();
    window->raise();
    window->activateWindow();
}

// -- keys, end, settings ----

bool ObserverWindow::event(QEvent* event) {
    const bool handled = QMainWindow::event(event);
    switch (event->type()) {
    case QEvent::Show:
    case QEvent::Hide:
    case QEvent::WindowStateChange: m_sampler->setSeen(isVisible() && !isMinimized()); break;
    case QEvent::PaletteChange: deriveHints(*this); break;
    default: break;
    }
    return handled;
}

void ObserverWindow::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Space && event->modifiers() == Qt::NoModifier)
        m_pause->toggle();
    else
        QMainWindow::keyPressEvent(event);
}

void ObserverWindow::closeEvent(QCloseEvent* event) {
    prepareToClose();
    QMainWindow::closeEvent(event);
}

void ObserverWindow::prepareToClose() {
    if (m_remember == Remember::yes)
        saveSettings();
    m_sampler->stop();
}

void ObserverWindow::setSize(const QSize& size) {
    m_place->setSizeForThisRun(size);
}

void ObserverWindow::saveSettings() const {
    QSettings settings;
    m_place->save(settings);
    settings.setValue(QStringLiteral("window/state"), saveState());
    if (!m_forThisRun.tab)
        settings.setValue(QStringLiteral("window/tab"), currentTab());
    settings.setValue(QStringLiteral("window/theme"), themeId(currentTheme()));
    if (!m_forThisRun.interval)
        settings.setValue(QStringLiteral("window/refreshMs"), static_cast<qlonglong>(refreshInterval().count()));
    m_commands->saveSettings(settings);
    for (const auto* page : m_pages) {
        settings.beginGroup(pageGroup(*page));
        page->saveSettings(settings);
        settings.endGroup();
    }
}

void ObserverWindow::restoreSettings() {
    QSettings settings;
    m_place->restore(settings);
    restoreState(settings.value(QStringLiteral("window/state")).toByteArray());
    setCurrentTab(settings.value(QStringLiteral("window/tab")).toString());
    applyTheme(themeOfId(settings.value(QStringLiteral("window/theme")).toString()));
    setRefreshInterval(keptInterval(settings));
    m_commands->restoreSettings(settings);
    for (auto* page : std::as_const(m_pages)) {
        settings.beginGroup(pageGroup(*page));
        page->restoreSettings(settings);
        settings.endGroup();
    }
    m_forThisRun = {};
}

} // namespace fiberscope::widgets
