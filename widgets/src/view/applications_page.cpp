// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/applications_page.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"
#include "view/child_commands.hpp"
#include "view/supervision_tree_view.hpp"

#include <fiberscope/node.hpp>

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QSettings>
#include <QShortcut>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

namespace {
/// As in Erlang's observer.
constexpr int listWidth = 150;
/// The name of an application as it is; its text is for reading.
constexpr int NameRole = Qt::UserRole;

QString nameOf(const QListWidgetItem* application) {
    return application->data(NameRole).toString();
}
} // namespace

ApplicationsPage::ApplicationsPage(Sampler& sampler, QWidget* parent)
    : ObserverPage{parent}, m_sampler{sampler}, m_commands{new ChildCommands{sampler, *this}},
      m_collector{sampler}, m_model{new SupervisionModel{this}},
      m_splitter{new QSplitter{Qt::Horizontal}}, m_list{new QListWidget}, m_search{new QLineEdit},
      m_foundLabel{new QLabel}, m_stack{new QStackedWidget}, m_message{new QLabel{tr("Waiting for data")}},
      m_tree{new SupervisionTreeView}, m_endings{[&sampler] { return sampler.node().applications(); }}, m_states{sampler} {
    setObjectName(QStringLiteral("applicationsPage"));
    m_list->setObjectName(QStringLiteral("applicationList"));
    m_list->setAccessibleName(tr("Applications"));
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(6, 6, 6, 6);
    layout->addWidget(m_splitter);
    m_splitter->addWidget(m_list);
    m_splitter->addWidget(buildTree());
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({listWidth, 3 * listWidth});
    m_splitter->setChildrenCollapsible(false);
    addActions();
    connect(&m_collector, &SupervisionCollector::frameReady, this, &ApplicationsPage::takeFrame);
    connect(&sampler, &Sampler::eventsPolled, this, &ApplicationsPage::takeEvents);
    connect(&m_finder, &SupervisionFinder::found, this, &ApplicationsPage::takeFound);
    m_statesTimer.setInterval(1000);
    connect(&m_statesTimer, &QTimer::timeout, this, &ApplicationsPage::askForStates);
    connect(&m_states, &PacedLookUp::found, this, &ApplicationsPage::takeStates);
    connect(m_list, &QListWidget::currentItemChanged, this, &ApplicationsPage::chooseApplication);
    connect(m_list, &QListWidget::itemSelectionChanged, this, [this] { // a click beside the names chooses nothing else
        if (m_list->currentItem() != nullptr)
            m_list->currentItem()->setSelected(true);
    });
    connect(m_commands, &ChildCommands::notice, this, &ObserverPage::notice);
    connect(m_commands, &ChildCommands::answered, &m_collector, [this] {
        if (!m_sampler.isPaused())
            m_collector.collectNow();
    });
    showCurrent();
}

QWidget* ApplicationsPage::buildTree() {
    m_search->setObjectName(QStringLiteral("applicationSearch"));
    m_search->setPlaceholderText(tr("Find by name, child id or pid (Ctrl+K; Enter: next)"));
    m_search->setAccessibleName(tr("Find in the tree"));
    m_search->setClearButtonEnabled(true);
    m_foundLabel->setObjectName(QStringLiteral("applicationFound"));
    m_message->setAlignment(Qt::AlignCenter);
    m_message->setWordWrap(true);
    m_message->setObjectName(QStringLiteral("applicationMessage"));
    m_message->setTextFormat(Qt::PlainText);
    m_tree->setObjectName(QStringLiteral("supervisionTree"));
    m_tree->setAccessibleName(tr("Supervision tree"));
    m_tree->setModel(m_model);
    m_tree->setContextMenuPolicy(Qt::CustomContextMenu);
    m_stack->addWidget(m_message);
    m_stack->addWidget(m_tree);
    auto* bar = new QHBoxLayout;
    bar->addWidget(m_search, 1);
    bar->addWidget(m_foundLabel);
    auto* right = new QWidget;
    auto* layout = new QVBoxLayout{right};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(bar);
    layout->addWidget(m_stack, 1);
    connect(m_search, &QLineEdit::textChanged, this, &ApplicationsPage::find);
    connect(m_search, &QLineEdit::returnPressed, this, &ApplicationsPage::findNext);
    connect(m_tree, &QAbstractItemView::activated, this, &ApplicationsPage::activate);
    connect(m_tree, &QWidget::customContextMenuRequested, this, &ApplicationsPage::showMenu);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &ApplicationsPage::showCurrent);
    connect(m_tree->selectionModel(), &QItemSelectionModel::selectionChanged, this, &ApplicationsPage::showCurrent);
    return right;
}

void ApplicationsPage::addActions() {
    addProcessAction(tr("Process Info"), QStringLiteral("treeProcessInfo"), [this](auto pid) { emit processInfoRequested(pid); });
    addProcessAction(tr("Send Exit Signal…"), QStringLiteral("treeSendExit"),
                     [this](auto pid) { emit exitSignalRequested({pid}); });
    addProcessAction(tr("Kill Process"), QStringLiteral("treeKill"), [this](auto pid) { emit killRequested({pid}); });
    addChildAction(tr("Terminate Child"), QStringLiteral("treeTerminateChild"), ChildRequest::terminate);
    addChildAction(tr("Restart Child"), QStringLiteral("treeRestartChild"), ChildRequest::restart);
    addChildAction(tr("Delete Child"), QStringLiteral("treeDeleteChild"), ChildRequest::remove);
    m_detailed = addViewAction(tr("Details in the Tree"), QStringLiteral("treeDetails"));
    m_detailed->setCheckable(true);
    m_detailed->setChecked(true);
    connect(m_detailed, &QAction::toggled, m_tree, &SupervisionTreeView::setDetailed);
    connect(addViewAction(tr("Expand All"), QStringLiteral("expandAll")), &QAction::triggered, m_tree,
            &SupervisionTreeView::expandAll);
    connect(addViewAction(tr("Collapse All"), QStringLiteral("collapseAll")), &QAction::triggered, m_tree,
            &SupervisionTreeView::collapseAll);
    auto* clear = new QShortcut{QKeySequence{Qt::Key_Escape}, m_search, nullptr, nullptr, Qt::WidgetShortcut};
    connect(clear, &QShortcut::activated, m_search, &QLineEdit::clear);
}

void ApplicationsPage::addProcessAction(const QString& text, const QString& name, std::function<void(fiberscope::Pid)> call) {
    auto* action = new QAction{text, this};
    action->setObjectName(name);
    connect(action, &QAction::triggered, this, [this, call = std::move(call)] {
        if (const auto pid = currentPid())
            call(pid);
    });
    m_processActions.append(action);
    m_fileActions.append(action);
}

void ApplicationsPage::addChildAction(const QString& text, const QString& name, ChildRequest request) {
    auto* action = new QAction{text, this};
    action->setObjectName(name);
    connect(action, &QAction::triggered, this, [this, request] {
        if (const auto child = m_model->supervisedChild(selected()))
            m_commands->request(request, *child);
    });
    m_childActions.append({request, action});
    m_fileActions.append(action);
}

QAction* ApplicationsPage::addViewAction(const QString& text, const QString& name) {
    auto* action = new QAction{text, this};
    action->setObjectName(name);
    m_viewActions.append(action);
    return action;
}

void ApplicationsPage::setActive(bool active) {
    m_collector.setWanted(active);
    if (active)
        m_statesTimer.start();
    else
        m_statesTimer.stop();
}

void ApplicationsPage::askForStates() {
    if (m_sampler.isPaused())
        return;
    QList<fiberscope::Pid> pids;
    for (const QModelIndex& node : m_tree->visibleNodes())
        if (m_model->node(node).hasProcess())
            pids.append(m_model->node(node).pid);
    if (!pids.isEmpty())
        m_states.request(pids);
}

void ApplicationsPage::takeStates(const QList<ProcessDetails>& processes) {
    QSet<fiberscope::Pid> asked;
    QSet<fiberscope::Pid> suspended;
    for (const ProcessDetails& process : processes) {
        asked.insert(process.pid);
        if (process.alive && process.row.status == fiberscope::Status::suspended)
            suspended.insert(process.pid);
    }
    m_model->setSuspended(asked, suspended);
}

QString ApplicationsPage::statusText() const {
    if (const auto pid = currentPid())
        return tr("Pid: %1").arg(namedPidText(m_model->node(selected()).name, pid));
    if (const auto child = m_model->supervisedChild(selected()))
        return tr("Child %1 of %2 has no process").arg(lineText(child->text()), lineText(child->supervisorName));
    return tr("Number of Applications: %1").arg(m_list->count());
}

void ApplicationsPage::takeFrame(const SupervisionFramePtr& frame) {
    m_model->setFrame(frame);
    showApplications(*frame);
    m_message->setText(messageText());
    m_stack->setCurrentIndex(m_model->rowCount() > 0 ? 1 : 0);
    m_finder.findAgain(frame);
    showCurrent();
}

void ApplicationsPage::takeEvents(const EventsSample& batch) {
    m_endings.takeEvents(*batch);
    if (!m_ended.isEmpty())
        m_message->setText(messageText());
}

QString ApplicationsPage::messageText() const {
    if (!m_ended.isEmpty())
        return m_endings.text(m_ended);
    const QString last = m_endings.last();
    return last.isEmpty() ? tr("No application runs") : tr("No application runs.\n%1").arg(m_endings.text(last));
}

void ApplicationsPage::showApplications(const SupervisionFrame& frame) {
    forgetEnded(frame);
    if (m_ended.isEmpty())
        m_endings.forgetLoss();
    QSet<QString> listed;
    for (int row = 0; row < m_list->count(); ++row)
        listed.insert(nameOf(m_list->item(row)));
    for (const auto& application : frame.applications) {
        const QString name = toQString(application.name.name());
        if (listed.contains(name))
            continue;
        auto* item = new QListWidgetItem{lineText(name), m_list};
        item->setData(NameRole, name);
        item->setToolTip(toolTipText(lineText(toQString(application.description))));
        if (name == m_ended)
            m_list->setCurrentItem(item);
    }
    if (m_list->currentRow() < 0 && m_list->count() > 0 && m_ended.isEmpty())
        m_list->setCurrentRow(0);
}

/// What ends while it is shown is told of: no other tree takes its place unasked.
void ApplicationsPage::forgetEnded(const SupervisionFrame& frame) {
    const QString shown = m_list->currentItem() != nullptr ? nameOf(m_list->currentItem()) : QString{};
    const QSignalBlocker quiet{m_list};
    for (int row = m_list->count() - 1; row >= 0; --row)
        if (frame.application(fiberscope::Atom{nameOf(m_list->item(row)).toStdString()}) == nullptr) {
            if (nameOf(m_list->item(row)) == shown)
                m_ended = shown;
            delete m_list->takeItem(row);
        }
    if (!m_ended.isEmpty() && m_ended == shown)
        m_list->setCurrentItem(nullptr);
}

void ApplicationsPage::chooseApplication() {
    const QListWidgetItem* item = m_list->currentItem();
    if (item != nullptr)
        m_ended.clear();
    m_model->setApplication(item == nullptr ? fiberscope::Atom{} : fiberscope::Atom{nameOf(item).toStdString()});
    m_stack->setCurrentIndex(m_model->rowCount() > 0 ? 1 : 0);
    find();
    showCurrent();
}

void ApplicationsPage::find() {
    const QString text = m_search->text().trimmed();
    m_found.clear();
    m_foundAt = -1;
    m_wantsNext = false;
    if (text.isEmpty()) {
        m_finder.cancel();
        m_model->hideFound(selected());
        m_tree->setQuery({});
        m_foundLabel->clear();
        return;
    }
    m_foundLabel->setText(tr("Searching…"));
    m_finder.find(m_model->frame(), m_model->application(), {text, m_sampler.node().whereis(text.toStdString())});
}

void ApplicationsPage::takeFound(const SupervisionHits& hits, bool isAgain) {
    const QPersistentModelIndex at = m_foundAt >= 0 ? m_found[m_foundAt] : QPersistentModelIndex{};
    const QModelIndexList found = m_model->reveal(hits);
    m_found = QList<QPersistentModelIndex>(found.begin(), found.end());
    m_foundAt = at.isValid() ? m_found.indexOf(at) : -1;
    const auto shown = static_cast<quint64>(found.size());
    m_foundLabel->setText(shown < hits.count ? tr("%1 found, the first %2 shown").arg(countText(hits.count), countText(shown))
                                             : tr("%1 found").arg(countText(hits.count)));
    m_tree->setQuery(hits.count > 0 ? hits.query : SupervisionQuery{});
    if (isAgain)
        return;
    m_tree->unfold(found);
    if (!found.isEmpty())
        m_tree->scrollTo(found.front());
    if (std::exchange(m_wantsNext, false))
        findNext();
}

void ApplicationsPage::findNext() {
    m_wantsNext = m_finder.isFinding();
    if (m_wantsNext || m_found.isEmpty())
        return;
    m_foundAt = (m_foundAt + 1) % m_found.size();
    m_tree->unfold({m_found[m_foundAt]});
    m_tree->setCurrentIndex(m_found[m_foundAt]);
    m_tree->scrollTo(m_found[m_foundAt]);
}

/// The current box stays where it was when a click beside the tree takes the selection from it, and is no target then.
QModelIndex ApplicationsPage::selected() const {
    const QModelIndex current = m_tree->currentIndex();
    return m_tree->selectionModel()->isSelected(current) ? current : QModelIndex{};
}

fiberscope::Pid ApplicationsPage::currentPid() const {
    const QModelIndex current = selected();
    return current.isValid() ? m_model->node(current).pid : fiberscope::Pid{};
}

void ApplicationsPage::activate(const QModelIndex& index) {
    const SupervisionNode& node = m_model->node(index);
    if (node.kind == SupervisionNode::Kind::more)
        m_model->showMore(index);
    else if (node.hasProcess())
        emit processInfoRequested(node.pid);
}

void ApplicationsPage::showCurrent() {
    for (QAction* action : std::as_const(m_processActions))
        action->setEnabled(static_cast<bool>(currentPid()));
    const auto child = m_model->supervisedChild(selected());
    for (const ChildAction& entry : std::as_const(m_childActions)) {
        entry.action->setEnabled(child && isPossible(entry.request, *child));
        entry.action->setToolTip(child ? requestExplanation(entry.request, *child) : tr("Select a child in the tree"));
    }
    emit statusTextChanged(statusText());
}

void ApplicationsPage::showMenu(QPoint position) {
    const QModelIndex index = m_tree->indexAt(position);
    if (!index.isValid())
        return;
    QMenu menu{this};
    menu.setObjectName(QStringLiteral("applicationMenu"));
    fillMenu(menu, index);
    menu.exec(m_tree->viewport()->mapToGlobal(position));
}

void ApplicationsPage::fillMenu(QMenu& menu, const QModelIndex& index) {
    // the targets stay the same whatever the tree does while the menu is open
    const fiberscope::Pid pid = m_model->node(index).pid;
    const QPersistentModelIndex node{index};
    const auto add = [&menu, this](const QString& text, const char* name, auto act) {
        menu.addAction(text, this, act)->setObjectName(QLatin1String{name});
    };
    const QString who = menuText(namedPidText(m_model->node(index).name, pid));
    if (pid) {
        add(tr("Process info for %1").arg(who), "processInfo", [this, pid] { emit processInfoRequested(pid); });
        add(tr("Show %1 in Processes").arg(who), "showProcess", [this, pid] { emit processShowRequested(pid); });
        add(tr("Send exit signal…"), "sendExit", [this, pid] { emit exitSignalRequested({pid}); });
        menu.addSeparator();
    }
    if (const auto child = m_model->supervisedChild(index)) {
        m_commands->addTo(menu, *child);
        menu.addSeparator();
    }
    if (m_model->rowCount(index) > 0)
        add(m_tree->isCollapsed(index) ? tr("Expand") : tr("Collapse"), "toggleFamily", [this, node] {
            if (node.isValid())
                m_tree->setCollapsed(node, !m_tree->isCollapsed(node));
        });
    if (m_model->node(index).kind == SupervisionNode::Kind::more)
        add(tr("Show more"), "showMore", [this, node] {
            if (node.isValid())
                m_model->showMore(node);
        });
    menu.addSeparator();
    if (pid)
        add(tr("Kill process %1").arg(who), "kill", [this, pid] { emit killRequested({pid}); });
}

void ApplicationsPage::saveSettings(QSettings& settings) const {
    settings.setValue(QStringLiteral("splitter"), m_splitter->saveState());
    settings.setValue(QStringLiteral("details"), m_detailed->isChecked());
}

void ApplicationsPage::restoreSettings(QSettings& settings) {
    m_splitter->restoreState(settings.value(QStringLiteral("splitter")).toByteArray());
    m_detailed->setChecked(settings.value(QStringLiteral("details"), true).toBool());
}

} // namespace fiberscope::widgets
