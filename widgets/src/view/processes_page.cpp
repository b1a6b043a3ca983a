// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/processes_page.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/process_columns.hpp"
#include "model/process_model.hpp"
#include "model/sampler.hpp"
#include "model/text_format.hpp"
#include "view/column_menu.hpp"
#include "view/process_commands.hpp"
#include "view/process_table_view.hpp"
#include "view/process_text_export.hpp"

#include <fiberscope/node.hpp>

#include <QAction>
#include <QClipboard>
#include <QEvent>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <QSettings>
#include <QShortcut>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

ProcessesPage::ProcessesPage(Sampler& sampler, ProcessCommands& commands, QWidget* parent)
    : ObserverPage{parent}, m_sampler{sampler}, m_commands{commands}, m_model{new ProcessModel{this}},
      m_table{new ProcessTableView{this}}, m_filter{new QLineEdit{this}}, m_matches{new QLabel{this}} {
    setObjectName(QStringLiteral("processesPage"));
    createActions();
    layOut();
    connectTable();
    connect(&m_sampler, &Sampler::processesSampled, this, &ProcessesPage::setFrame);
    // so many selected rows, scattered as they end, would hold up every refresh
    connect(&m_commands, &ProcessCommands::sentToMany, m_table, &QAbstractItemView::clearSelection);
    connect(m_model, &ProcessModel::sortRequested, this, [this](ProcessColumn column, Qt::SortOrder order) {
        auto query = m_query;
        query.sortColumn = column;
        query.order = order;
        setQuery(query);
    });
    m_table->setModel(m_model);
    resetColumns();
    setRowColours();
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &ProcessesPage::showCounts);
}

void ProcessesPage::createActions() {
    m_dump = new QAction{tr("&Dump to file…"), this};
    m_dump->setObjectName(QStringLiteral("dumpProcesses"));
    connect(m_dump, &QAction::triggered, this, &ProcessesPage::dumpToFile);
    const auto addSwitch = [this](const QString& text, const char* name, const QString& tip, bool ProcessQuery::*member) {
        auto* action = new QAction{text, this};
        action->setObjectName(QLatin1String{name});
        action->setCheckable(true);
        action->setToolTip(tip);
        connect(action, &QAction::toggled, this, [this, member](bool on) {
            auto query = m_query;
            query.*member = on;
            setQuery(query);
        });
        return action;
    };
    m_accumulate = addSwitch(tr("&Accumulate"), "accumulate",
                             tr("Reds counts from the start of a process, not from the last refresh"), &ProcessQuery::accumulate);
    m_hideSystem = addSwitch(tr("&Hide system processes"), "hideSystemProcesses", tr("Leaves out the node's own processes"),
                             &ProcessQuery::hideSystemProcesses);
}

void ProcessesPage::layOut() {
    m_filter->setObjectName(QStringLiteral("processFilter"));
    m_filter->setAccessibleName(tr("Filter of the process table"));
    m_filter->setPlaceholderText(tr("Filter by pid, name, label or function (Ctrl+K)"));
    m_filter->setToolTip(
        tr("Shows the processes whose pid, name, label, initial or current function contains this text. Esc clears it."));
    m_filter->setClearButtonEnabled(true);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        auto query = m_query;
        query.filter = text;
        setQuery(query);
    });
    auto* escape = new QAction{this};
    escape->setShortcut(Qt::Key_Escape);
    escape->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QAction::triggered, this, [this] {
        m_filter->clear();
        m_table->setFocus();
    });
    addAction(escape);
    for (const auto key : {Qt::Key_Down, Qt::Key_Return, Qt::Key_Enter}) {
        auto* toTable = new QShortcut{QKeySequence{key}, m_filter, nullptr, nullptr, Qt::WidgetShortcut};
        connect(toTable, &QShortcut::activated, this, &ProcessesPage::goToFirstRow);
    }
    setTabOrder(m_filter, m_table);
    m_matches->setObjectName(QStringLiteral("filterMatches"));

    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 6, 6, 4);
    bar->setSpacing(8); // the count stands clear of the field
    bar->addWidget(m_filter, 1);
    bar->addWidget(m_matches);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_table);
    m_table->setObjectName(QStringLiteral("processTable"));
    m_table->setAccessibleName(tr("Processes"));
    m_table->setFrameShape(QFrame::NoFrame);
    setFocusProxy(m_table);
}

void ProcessesPage::connectTable() {
    auto* header = m_table->horizontalHeader();
    header->setSortIndicator(static_cast<int>(m_query.sortColumn), m_query.order);
    connect(header, &QWidget::customContextMenuRequested, this, &ProcessesPage::openColumnMenu);
    connect(m_table, &QWidget::customContextMenuRequested, this, &ProcessesPage::openMenu);
    connect(m_table, &QTableView::doubleClicked, this, [this](const QModelIndex& index) {
        if (isSelected(index)) // with Ctrl, its clicks unselect
            emit processInfoRequested(m_model->pidAt(index.row()));
    });
    connect(m_table, &ProcessTableView::infoRequested, this, [this] {
        if (isSelected(m_table->currentIndex()))
            emit processInfoRequested(m_model->pidAt(m_table->currentIndex().row()));
    });
    connect(m_table, &ProcessTableView::killRequested, this, [this] {
        if (const auto pids = selectedProcesses(); !pids.isEmpty())
            m_commands.kill(pids, ProcessCommands::Ask::always);
    });
    connect(m_table, &ProcessTableView::copyRequested, this, [this] { copy(selectedProcesses()); });
    connect(m_table, &ProcessTableView::jumpRequested, this, [this](quint32 slot) {
        const auto& frame = m_model->frame();
        if (const auto row = frame != nullptr ? frame->rowOfSlot(slot) : std::nullopt)
            selectRow(static_cast<int>(*row));
    });
}

void ProcessesPage::setActive(bool active) {
    m_sampler.setProcessesWanted(active);
}

QList<QAction*> ProcessesPage::fileActions() const {
    return {m_dump};
}

QList<QAction*> ProcessesPage::viewActions() const {
    return {m_accumulate, m_hideSystem};
}

void ProcessesPage::setQuery(const ProcessQuery& query) {
    m_query = query;
    m_sampler.setProcessQuery(query);
}

void ProcessesPage::setFrame(const ProcessFramePtr& frame) {
    m_model->setFrame(frame);
    if (m_pending)
        selectPending();
    if (m_isFirstWanted)
        selectFirst();
    showCounts();
}

void ProcessesPage::showCounts() {
    const auto& frame = m_model->frame();
    const bool filtered = frame != nullptr && frame->shownLive != frame->sample->liveCount;
    m_matches->setText(filtered ? tr("%1 of %2").arg(countText(frame->shownLive), countText(frame->sample->liveCount))
                                : QString{});
    m_matches->setVisible(filtered);
    emit statusTextChanged(statusText());
}

QString ProcessesPage::statusText() const {
    const auto& frame = m_model->frame();
    if (frame == nullptr)
        return tr("Waiting for data");
    auto text = tr("Number of Processes: %1").arg(countText(frame->sample->liveCount));
    if (frame->sample->suspendedCount > 0)
        text += tr(", %1 suspended").arg(countText(frame->sample->suspendedCount));
    qsizetype selected = 0;
    for (const auto& range : m_table->selectionModel()->selection())
        selected += range.height();
    if (selected > 1)
        text += tr(", %1 selected").arg(countText(static_cast<quint64>(selected)));
    return text;
}

// -- selection ----

QList<fiberscope::Pid> ProcessesPage::selectedProcesses() const {
    QList<int> rows;
    for (const auto& range : m_table->selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom(); ++row)
            rows.push_back(row);
    std::sort(rows.begin(), rows.end());
    QList<fiberscope::Pid> pids;
    pids.reserve(rows.size());
    for (const int row : std::as_const(rows))
        pids.push_back(m_model->pidAt(row));
    return pids;
}

QString ProcessesPage::nameOf(fiberscope::Pid pid) const {
    const auto& frame = m_model->frame();
    const auto found = frame != nullptr ? frame->sample->find(pid) : std::nullopt;
    return found ? toQString(frame->sample->name(*found)) : QString{};
}

void ProcessesPage::selectProcess(fiberscope::Pid pid) {
    if (const int row = m_model->rowOf(pid); row >= 0) {
        selectRow(row);
        return;
    }
    m_pending = pid;
    m_pendingFrames = 4;
    m_sampler.updateNow();
}

void ProcessesPage::selectPending() {
    const auto& frame = *m_model->frame();
    if (const auto row = frame.rowOf(m_pending)) {
        m_pending = {};
        selectRow(static_cast<int>(*row));
    } else if (frame.sample->find(m_pending)) { // it is there, but hidden
        m_filter->clear();
        m_hideSystem->setChecked(false);
    } else if (--m_pendingFrames == 0) {
        emit processInfoRequested(std::exchange(m_pending, {}));
    }
}

void ProcessesPage::goToFirstRow() {
    m_table->setFocus();
    m_isFirstWanted = true;
    selectFirst();
}

// What was typed may not be filtered yet.
void ProcessesPage::selectFirst() {
    const auto& frame = m_model->frame();
    if (frame == nullptr || frame->query != m_query)
        return;
    m_isFirstWanted = false;
    if (frame->rowCount() > 0)
        selectRow(0);
}

void ProcessesPage::selectRow(int row) {
    m_table->selectRow(row);
    m_table->scrollTo(m_model->index(row, 0), QAbstractItemView::PositionAtCenter);
}

// -- menus ----

/// The current row need not be; what is not selected is no target.
bool ProcessesPage::isSelected(const QModelIndex& index) const {
    return m_table->selectionModel()->isSelected(index);
}

void ProcessesPage::openMenu(const QPoint& position) {
    const auto index = m_table->indexAt(position);
    if (!isSelected(index))
        return;
    const Targets targets{m_model->pidAt(index.row()), selectedProcesses()};
    auto* menu = new QMenu{this};
    menu->setObjectName(QStringLiteral("processMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    fillMenu(*menu, targets);
    menu->popup(m_table->viewport()->mapToGlobal(position));
}

void ProcessesPage::fillMenu(QMenu& menu, const Targets& targets) {
    const auto clicked = targets.clicked;
    const auto& pids = targets.all;
    const auto add = [&menu, this](const QString& text, const char* name, auto act) {
        menu.addAction(text, this, act)->setObjectName(QLatin1String{name});
    };
    const auto many = pids.size() > 1;
    const QString who = menuText(namedPidText(nameOf(clicked), clicked));
    add(tr("Process info for %1").arg(who), "processInfo", [this, clicked] { emit processInfoRequested(clicked); });
    menu.addSeparator();
    add(tr("Send exit signal…"), "sendExit", [this, pids] { m_commands.sendExit(pids); });
    add(tr("Suspend"), "suspend", [this, pids] { m_commands.suspend(pids); });
    add(tr("Resume"), "resume", [this, pids] { m_commands.resume(pids); });
    menu.addSeparator();
    add(many ? tr("Copy %1 rows").arg(countText(static_cast<quint64>(pids.size()))) : tr("Copy"), "copy",
        [this, pids] { copy(pids); });
    menu.addSeparator();
    add(many ? tr("Kill %1").arg(processesText(pids.size())) : tr("Kill process %1").arg(who), "kill",
        [this, pids] { m_commands.kill(pids, ProcessCommands::Ask::ifRisky); });
}

void ProcessesPage::openColumnMenu(const QPoint& position) {
    auto* header = m_table->horizontalHeader();
    auto* menu = new ColumnMenu{*header, this};
    connect(menu, &ColumnMenu::defaultsWanted, this, &ProcessesPage::resetColumns);
    menu->popup(header->mapToGlobal(position));
}

void ProcessesPage::resetColumns() {
    auto* header = m_table->horizontalHeader();
    for (int column = 0; column < processColumnCount; ++column) {
        const auto& info = processColumn(static_cast<ProcessColumn>(column));
        header->moveSection(header->visualIndex(column), column);
        header->setSectionHidden(column, !info.shown);
        header->resizeSection(column, info.width);
    }
}

// -- rows out of the window ----

void ProcessesPage::copy(const QList<fiberscope::Pid>& pids) const {
    const auto& frame = m_model->frame();
    if (frame != nullptr && !pids.isEmpty())
        QGuiApplication::clipboard()->setText(processRowsText(*frame, pids, shownColumns(*m_table->horizontalHeader())));
}

void ProcessesPage::dumpToFile() {
    if (m_model->frame() == nullptr)
        return;
    auto* dialog = new QFileDialog{this, tr("Dump to file"), QStringLiteral("processes.txt"), tr("Text (*.txt);;All files (*)")};
    dialog->setObjectName(QStringLiteral("dumpDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    connect(dialog, &QFileDialog::fileSelected, this, [this, frame = m_model->frame()](const QString& path) {
        dumpProcesses(frame, shownColumns(*m_table->horizontalHeader()), path, m_relay.address(),
                      [this](const QString& outcome) { emit notice(outcome.toHtmlEscaped()); });
    });
    dialog->open();
}

// -- looks and settings ----

void ProcessesPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange)
        setRowColours();
    ObserverPage::changeEvent(event);
}

/// Two bars, as on a key for pause.
QPixmap ProcessesPage::suspendedSign() const {
    const int size = m_table->fontMetrics().ascent();
    QPixmap sign{QSize{size, size} * devicePixelRatio()};
    sign.setDevicePixelRatio(devicePixelRatio());
    sign.fill(Qt::transparent);
    QPainter painter{&sign};
    const auto part = [size](int eighths) { return size * eighths / 8.0; };
    for (const int left : {1, 5})
        painter.fillRect(QRectF{part(left), part(1), part(2), part(6)}, palette().color(QPalette::Text));
    return sign;
}

// Stripes as observer's: the table's ground with a touch of the highlight.
void ProcessesPage::setRowColours() {
    const auto ground = palette().color(QPalette::Base);
    const auto touch = palette().color(QPalette::Active, QPalette::Highlight);
    const auto mix = [&](int (QColor::*part)() const) { return ((ground.*part)() * 8 + (touch.*part)()) / 9; };
    auto stripes = palette();
    stripes.setColor(QPalette::AlternateBase, QColor{mix(&QColor::red), mix(&QColor::green), mix(&QColor::blue)});
    m_table->setPalette(stripes);
    m_model->setSuspendedSign(suspendedSign());
    const bool dark = ground.lightness() < 128;
    m_model->setMarkColours(dark ? ProcessModel::MarkColours{QColor{26, 84, 44}, QColor{110, 34, 34}}
                                 : ProcessModel::MarkColours{QColor{190, 240, 196}, QColor{255, 196, 196}});
}

void ProcessesPage::saveSettings(QSettings& settings) const {
    settings.setValue(QStringLiteral("columns"), m_table->horizontalHeader()->saveState());
    settings.setValue(QStringLiteral("sortColumn"), QLatin1String{processColumn(m_query.sortColumn).id});
    settings.setValue(QStringLiteral("sortOrder"), static_cast<int>(m_query.order));
    settings.setValue(QStringLiteral("accumulate"), m_query.accumulate);
    settings.setValue(QStringLiteral("hideSystemProcesses"), m_query.hideSystemProcesses);
}

void ProcessesPage::restoreSettings(QSettings& settings) {
    auto* header = m_table->horizontalHeader();
    header->restoreState(settings.value(QStringLiteral("columns")).toByteArray());
    const auto sortId = settings.value(QStringLiteral("sortColumn")).toString();
    const auto columns = processColumns();
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const auto& info) { return sortId == QLatin1String{info.id}; });
    if (found != columns.end())
        header->setSortIndicator(static_cast<int>(found - columns.begin()),
                                 static_cast<Qt::SortOrder>(settings.value(QStringLiteral("sortOrder")).toInt()));
    m_accumulate->setChecked(settings.value(QStringLiteral("accumulate")).toBool());
    m_hideSystem->setChecked(settings.value(QStringLiteral("hideSystemProcesses")).toBool());
}

} // namespace fiberscope::widgets
