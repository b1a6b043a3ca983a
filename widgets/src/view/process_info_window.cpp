// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/process_info_window.hpp"

#include "model/event_text.hpp"
#include "model/line_text.hpp"
#include "model/pid_link.hpp"
#include "model/text_format.hpp"
#include "view/process_info_tabs.hpp"
#include "view/window_place.hpp"

#include <fiberscope/node.hpp>

#include <QAction>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QPushButton>
#include <QTabWidget>
#include <QVBoxLayout>

#include <chrono>

namespace fiberscope::widgets {

using namespace std::chrono_literals;

ProcessInfoWindow::ProcessInfoWindow(Sampler& sampler, fiberscope::Pid pid, const QString& name, QWidget* parent)
    : QMainWindow{parent}, m_sampler{sampler}, m_pid{pid}, m_name{name}, m_tabs{new QTabWidget{this}}, m_banner{new QFrame{this}},
      m_bannerText{new QLabel{m_banner}}, m_successor{new QPushButton{m_banner}}, m_suspended{new QLabel{this}} {
    setObjectName(QStringLiteral("processInfoWindow"));
    setAttribute(Qt::WA_DeleteOnClose);
    showTitle();
    resize(QSize{680, 620}.boundedTo(roomOfScreen(*this)));
    createMenus();
    createBanner();
    m_tabs->setObjectName(QStringLiteral("processInfoTabs"));
    m_tabs->setDocumentMode(true);
    const auto nameOf = [this](fiberscope::Pid process) { return toQString(m_sampler.node().process_name(process)); };
    addTab(new OverviewTab{nameOf, this}, tr("Process Information"));
    addTab(new MessagesTab{this}, tr("Messages"));
    addTab(new DictionaryTab{this}, tr("Dictionary"));
    addTab(new StackTab{this}, tr("Stack Trace"));
    addTab(new StateTab{this}, tr("State"));
    auto* content = new QWidget{this};
    auto* layout = new QVBoxLayout{content};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_banner);
    layout->addWidget(m_suspended);
    layout->addWidget(m_tabs, 1);
    setCentralWidget(content);

    connect(m_tabs, &QTabWidget::currentChanged, this, &ProcessInfoWindow::refresh);
    connect(&m_sampler, &Sampler::eventsPolled, this, &ProcessInfoWindow::takeEvents);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (!m_sampler.isPaused() && isVisible() && !isMinimized())
            refresh();
    });
    m_timer.start(1s);
    refresh();
}

void ProcessInfoWindow::createMenus() {
    auto* close = menuBar()->addMenu(tr("&File"))->addAction(tr("&Close"), this, &QWidget::close);
    close->setShortcuts({QKeySequence::Close, QKeySequence{Qt::Key_Escape}});
    auto* again = menuBar()->addMenu(tr("&View"))->addAction(tr("&Refresh"), this, &ProcessInfoWindow::refresh);
    again->setShortcuts({QKeySequence{Qt::CTRL | Qt::Key_R}, QKeySequence{Qt::Key_F5}});
}

void ProcessInfoWindow::createBanner() {
    m_banner->setObjectName(QStringLiteral("deadBanner"));
    m_banner->setAutoFillBackground(true);
    m_banner->setBackgroundRole(QPalette::ToolTipBase);
    m_bannerText->setObjectName(QStringLiteral("deadText"));
    m_bannerText->setForegroundRole(QPalette::ToolTipText);
    m_bannerText->setTextFormat(Qt::PlainText);
    m_bannerText->setWordWrap(true);
    m_bannerText->setMinimumWidth(1); // a long word widens no window
    m_successor->setObjectName(QStringLiteral("openSuccessor"));
    m_successor->hide();
    auto* layout = new QHBoxLayout{m_banner};
    layout->setContentsMargins(10, 6, 10, 6);
    layout->addWidget(m_bannerText, 1);
    layout->addWidget(m_successor);
    m_banner->hide();
    m_suspended->setObjectName(QStringLiteral("suspendedBanner"));
    m_suspended->setAutoFillBackground(true);
    m_suspended->setBackgroundRole(QPalette::ToolTipBase);
    m_suspended->setForegroundRole(QPalette::ToolTipText);
    m_suspended->setTextFormat(Qt::PlainText);
    m_suspended->setWordWrap(true);
    m_suspended->setMinimumWidth(1);
    m_suspended->setContentsMargins(10, 6, 10, 6);
    m_suspended->hide();
}

void ProcessInfoWindow::addTab(ProcessInfoTab* tab, const QString& title) {
    m_tabs->addTab(tab, title);
    connect(tab, &ProcessInfoTab::linkActivated, this, &ProcessInfoWindow::openLink);
    connect(tab, &ProcessInfoTab::refreshWanted, this, &ProcessInfoWindow::refresh, Qt::QueuedConnection);
}

ProcessInfoTab* ProcessInfoWindow::currentTab() const {
    return static_cast<ProcessInfoTab*>(m_tabs->currentWidget());
}

// The row first: a process that answers an inspection is runnable for that moment.
void ProcessInfoWindow::refresh() {
    if (m_dead)
        return;
    m_sampler.lookUp({m_pid}, this, [this](const QList<ProcessDetails>& found) {
        takeDetails(found.front());
        if (!m_dead && !m_asked)
            inspect();
    });
}

void ProcessInfoWindow::inspect() {
    m_asked = true;
    const auto* tab = currentTab();
    m_sampler.node().inspect({m_pid}, tab->needs(), tab->range(),
                             [this, address = m_relay.address(), tab](std::vector<fiberscope::Inspection> answer) {
                                 address.post([this, tab, inspection = std::move(answer.front())] {
                                     m_asked = false;
                                     if (tab == currentTab())
                                         takeInspection(inspection);
                                     else
                                         refresh();
                                 });
                             });
}

void ProcessInfoWindow::takeDetails(const ProcessDetails& details) {
    if (m_dead)
        return;
    if (!details.alive) {
        showDead({});
        return;
    }
    m_seen = true;
    m_name = details.name;
    const bool isSuspended = details.row.status == fiberscope::Status::suspended;
    showTitle(isSuspended ? tr("suspended") : QString{});
    m_suspended->setText(tr("%1 is %2.").arg(namedPidText(m_name, m_pid), suspendedText()));
    m_suspended->setVisible(isSuspended);
    for (int tab = 0; tab < m_tabs->count(); ++tab)
        static_cast<ProcessInfoTab*>(m_tabs->widget(tab))->showRow(details);
}

void ProcessInfoWindow::showTitle(const QString& state) {
    const QString title = m_name.isEmpty() ? pidText(m_pid) : QStringLiteral("%1 (%2)").arg(lineText(m_name), pidText(m_pid));
    setWindowTitle(titleText(state.isEmpty() ? title : QStringLiteral("%1, %2").arg(title, state)));
}

void ProcessInfoWindow::takeInspection(const fiberscope::Inspection& inspection) {
    if (!inspection.alive)
        showDead({});
    else if (!m_dead) // what its end told is newer
        currentTab()->show(inspection);
}

void ProcessInfoWindow::takeEvents(const EventsSample& batch) {
    for (const auto& event : batch->events) {
        if (event.kind == fiberscope::EventKind::exit && event.pid == m_pid)
            showEnd(event);
        else if (event.kind == fiberscope::EventKind::restart && event.old_pid == m_pid)
            showSuccessor(event.pid);
    }
}

void ProcessInfoWindow::showDead(const QString& why) {
    if (!m_dead) {
        m_dead = true;
        m_timer.stop();
        m_suspended->hide();
        m_banner->show();
        if (why.isEmpty()) // its exit event may be older than this window
            takeEvents(std::make_shared<fiberscope::EventBatch>(m_sampler.node().events_after(0)));
    }
    if (why.isEmpty() && !m_bannerText->text().isEmpty())
        return; // how it ended is known
    showTitle(tr("ended"));
    m_bannerText->setText(deadText(why));
}

QString ProcessInfoWindow::deadText(const QString& why) const {
    const QString who = namedPidText(m_name, m_pid);
    const QString end = why.isEmpty() ? tr("%1 has ended.").arg(who) : tr("%1 ended with reason %2.").arg(who, lineText(why));
    return tr("%1 %2").arg(end, m_seen ? tr("What is shown is what was last seen.")
                                       : tr("It ended before this window could read it."));
}

void ProcessInfoWindow::showEnd(const fiberscope::Event& exit) {
    if (m_name.isEmpty())
        m_name = toQString(eventProcessName(exit));
    showDead(endReasonText(exit));
    for (int tab = 0; tab < m_tabs->count(); ++tab)
        static_cast<ProcessInfoTab*>(m_tabs->widget(tab))->showEnd(exit);
    if (!exit.stack_text.empty())
        m_bannerText->setText(tr("%1 The Stack Trace tab shows where it ended.").arg(m_bannerText->text()));
}

void ProcessInfoWindow::showSuccessor(fiberscope::Pid successor) {
    const QString name = toQString(m_sampler.node().process_name(successor));
    m_successor->setText(menuText(tr("Restarted as %1").arg(namedPidText(name, successor))));
    m_successor->setToolTip(tr("Opens the information of the process that its supervisor started in its place"));
    m_successor->disconnect(this);
    connect(m_successor, &QPushButton::clicked, this, [this, successor] { emit processInfoRequested(successor); });
    m_successor->show();
}

void ProcessInfoWindow::openLink(const QString& link) {
    if (const auto pid = pidOfLink(link))
        emit processInfoRequested(pid);
}

} // namespace fiberscope::widgets
