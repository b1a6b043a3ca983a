// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/log_page.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/pid_link.hpp"
#include "model/text_format.hpp"
#include "view/log_delegate.hpp"
#include "view/report_html.hpp"
#include "view/row_table_view.hpp"

#include <fiberscope/node.hpp>
#include <fiberscope/widgets/whole_file.hpp>

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QIODevice>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QScrollBar>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QStyleHints>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <algorithm>
#include <optional>

namespace fiberscope::widgets {

LogPage::LogPage(Sampler& sampler, QWidget* parent)
    : ObserverPage{parent}, m_sampler{sampler}, m_model{new LogModel{this}},
      m_splitter{new QSplitter{Qt::Vertical}}, m_table{new RowTableView}, m_details{new QTextBrowser} {
    setObjectName(QStringLiteral("logPage"));
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(6, 6, 6, 6);
    auto* bar = new QHBoxLayout;
    buildFilterBar(*bar);
    layout->addLayout(bar);
    buildTable();
    buildDetails();
    m_splitter->addWidget(m_table);
    m_splitter->addWidget(m_details);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setSizes({430, 240}); // a report of a supervisor fits
    layout->addWidget(m_splitter, 1);
    addActions();
    applyFilter();
    connect(&sampler, &Sampler::eventsArrived, &m_reader, &LogReader::read);
    connect(&m_reader, &LogReader::linesRead, this, [this](const LogLines& lines, quint64 lost, quint64 skipped) {
        m_model->append(lines, lost, skipped);
        followIfAtEnd();
        if (m_isActive)
            emit statusTextChanged(statusText());
    });
    connect(m_model, &LogModel::lostEventsChanged, this, &LogPage::showLost);
    connect(m_model, &LogModel::droppedLinesChanged, this, &LogPage::showDropped);
}

void LogPage::buildGapLabels() {
    m_lost = new QLabel;
    m_lost->setObjectName(QStringLiteral("logLost"));
    m_lost->setStyleSheet(
        QStringLiteral("background: #c81e1e; color: white; font-weight: bold; padding: 2px 8px; border-radius: 3px;"));
    m_lost->hide();
    m_dropped = new QLabel;
    m_dropped->setObjectName(QStringLiteral("logDropped"));
    m_dropped->setToolTip(
        tr("The log keeps its newest %1 lines, those that the filter hides among them").arg(countText(LogModel::maxLines)));
    m_dropped->hide();
}

void LogPage::buildFilterBar(QHBoxLayout& bar) {
    buildGapLabels();
    m_level = new QComboBox;
    m_level->setObjectName(QStringLiteral("logLevel"));
    m_level->setAccessibleName(tr("Lowest level"));
    m_level->setToolTip(tr("Shows events of at least this level"));
    for (int level = 0; level <= static_cast<int>(fiberscope::LogLevel::critical); ++level)
        m_level->addItem(toQString(to_string(static_cast<fiberscope::LogLevel>(level))), level);
    m_level->setCurrentIndex(static_cast<int>(fiberscope::LogLevel::debug));
    m_filter = new QLineEdit;
    m_filter->setObjectName(QStringLiteral("logFilter"));
    m_filter->setPlaceholderText(tr("Filter by process or text (Ctrl+K)"));
    m_filter->setToolTip(tr("Shows the events in which this text stands: a pid, a name, a word of the event or of its report's "
                            "fields. In double quotes: as a whole word. Esc clears it."));
    m_filter->setAccessibleName(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_normalExits = new QCheckBox{tr("Normal exits")};
    m_normalExits->setObjectName(QStringLiteral("logNormalExits"));
    m_normalExits->setToolTip(tr("From now on, also log processes that end with the reason normal or shutdown"));
    m_follow = new QCheckBox{tr("Follow")};
    m_follow->setObjectName(QStringLiteral("logFollow"));
    m_follow->setToolTip(tr("Keeps the newest event in view. A click on an event and scrolling up stop it; End goes on"));
    m_follow->setChecked(true);
    bar.addWidget(new QLabel{tr("Level:")});
    bar.addWidget(m_level);
    bar.addWidget(m_filter, 1);
    bar.addWidget(m_dropped);
    bar.addWidget(m_lost);
    bar.addWidget(m_normalExits);
    bar.addWidget(m_follow);
    connect(m_level, &QComboBox::currentIndexChanged, this, &LogPage::applyFilter);
    connect(m_filter, &QLineEdit::textChanged, this, &LogPage::applyFilter);
    connect(m_normalExits, &QCheckBox::toggled, &m_reader, &LogReader::setKeepsNormalExits);
    connect(m_follow, &QCheckBox::toggled, this, [this] {
        followIfAtEnd();
        emit statusTextChanged(statusText());
    });
    auto* clear = new QShortcut{QKeySequence{Qt::Key_Escape}, m_filter, nullptr, nullptr, Qt::WidgetShortcut};
    connect(clear, &QShortcut::activated, m_filter, &QLineEdit::clear);
}

void LogPage::buildTable() {
    m_table->setObjectName(QStringLiteral("logTable"));
    m_table->setAccessibleName(tr("Log"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new LogDelegate{m_table});
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    QHeaderView* header = m_table->horizontalHeader();
    header->setStretchLastSection(true);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    const int digits = m_table->fontMetrics().horizontalAdvance(QStringLiteral("00:00:00.000"));
    m_table->setColumnWidth(LogModel::TimeColumn, digits + 16);
    m_table->setColumnWidth(LogModel::LevelColumn, digits);
    m_table->setColumnWidth(LogModel::ProcessColumn, 200);
    connect(m_table, &QTableView::doubleClicked, this, &LogPage::goToProcess);
    connect(m_table, &QTableView::customContextMenuRequested, this, &LogPage::showMenu);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &LogPage::showDetails);
    connect(m_table, &QAbstractItemView::pressed, this, [this] { m_follow->setChecked(false); }); // what is read stays
    connect(m_table, &RowTableView::rowReached, this,
            [this](const QModelIndex& index) { m_follow->setChecked(index.row() == m_model->rowCount() - 1); });
    connect(m_table->verticalScrollBar(), &QScrollBar::actionTriggered, this, [this] {
        // the value changes after the action: a position above the end stops following, the end starts it again
        const QScrollBar* bar = m_table->verticalScrollBar();
        m_follow->setChecked(bar->sliderPosition() >= bar->maximum());
    });
}

void LogPage::buildDetails() {
    m_details->setObjectName(QStringLiteral("logDetails"));
    m_details->setAccessibleName(tr("Details of the event"));
    m_details->setOpenLinks(false);
    m_details->hide();
    connect(m_details, &QTextBrowser::anchorClicked, this, &LogPage::openLink);
    m_unfold.setSingleShot(true);
    connect(&m_unfold, &QTimer::timeout, this, [this] {
        m_details->show();
        // the table is lower now
        QMetaObject::invokeMethod(
            this, [this] { m_table->scrollTo(m_table->currentIndex()); }, Qt::QueuedConnection);
    });
}

void LogPage::addActions() {
    auto* saveAction = new QAction{tr("Save Log…"), this};
    saveAction->setObjectName(QStringLiteral("saveLog"));
    connect(saveAction, &QAction::triggered, this, &LogPage::save);
    m_fileActions = {saveAction};
    auto* copy = new QAction{tr("Copy Lines"), this};
    copy->setObjectName(QStringLiteral("copyLog"));
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    copy->setEnabled(false);
    m_table->addAction(copy);
    connect(copy, &QAction::triggered, this, [this] { QGuiApplication::clipboard()->setText(selectedText()); });
    const auto enable = [this, copy] { copy->setEnabled(m_table->selectionModel()->hasSelection()); };
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, copy, enable);
    connect(m_model, &QAbstractItemModel::modelReset, copy, enable); // which takes the selection away without a word
    auto* clear = new QAction{tr("Clear Log"), this};
    clear->setObjectName(QStringLiteral("clearLog"));
    connect(clear, &QAction::triggered, m_model, &LogModel::clear);
    connect(clear, &QAction::triggered, this, &LogPage::showDetails);
    m_viewActions = {copy, clear};
    auto* open = new QShortcut{QKeySequence{Qt::Key_Return}, m_table, nullptr, nullptr, Qt::WidgetShortcut};
    connect(open, &QShortcut::activated, this, [this] {
        if (isSelected(m_table->currentIndex()))
            goToProcess(m_table->currentIndex());
    });
}

void LogPage::setActive(bool active) {
    m_isActive = active;
    followIfAtEnd();
}

QString LogPage::statusText() const {
    const auto shown = static_cast<quint64>(m_model->rowCount());
    const QString count = shown == m_model->lineCount()
                              ? tr("Number of Events: %1").arg(countText(shown))
                              : tr("%1 of %2").arg(countText(shown), countText(m_model->lineCount(), "event", "events"));
    return m_follow->isChecked() ? count : tr("%1. Newer ones are not followed: End or Follow goes on").arg(count);
}

void LogPage::applyFilter() {
    const int before = m_table->currentIndex().row();
    const std::optional number = before >= 0 ? std::optional{m_model->numberAt(before)} : std::nullopt;
    m_model->setFilter(static_cast<fiberscope::LogLevel>(m_level->currentData().toInt()), m_filter->text().trimmed());
    const int row = number ? m_model->rowOfNumber(*number) : -1;
    if (row >= 0)
        m_table->setCurrentIndex(m_model->index(row, LogModel::TextColumn));
    else
        showDetails();
    followIfAtEnd();
    if (m_isActive)
        emit statusTextChanged(statusText());
}

void LogPage::followIfAtEnd() {
    if (m_isActive && m_follow->isChecked())
        m_table->scrollToBottom();
}

void LogPage::showLost(quint64 lost) {
    m_lost->setText(tr("%1 lost").arg(countText(lost, "event", "events")));
    m_lost->setToolTip(tr("They came faster than the node's event ring holds them; the log has gaps"));
    m_lost->show();
}

void LogPage::showDropped(quint64 dropped) {
    m_dropped->setText(tr("%1 dropped").arg(countText(dropped, "older line", "older lines")));
    m_dropped->setVisible(dropped > 0);
}

void LogPage::showDetails() {
    const QModelIndex index = m_table->currentIndex();
    if (!index.isValid()) {
        m_unfold.stop();
        return m_details->hide();
    }
    m_details->setHtml(reportHtml(m_model->line(index.row()), m_details->palette()));
    if (m_details->isHidden()) // a second click of a double-click still meets the row
        m_unfold.start(QGuiApplication::styleHints()->mouseDoubleClickInterval());
}

void LogPage::openLink(const QUrl& link) {
    if (const auto pid = fiberscope::parse_pid(link.path().toStdString(), m_sampler.node().id()))
        goTo(pid);
}

void LogPage::goTo(fiberscope::Pid pid) {
    if (m_sampler.node().is_alive(pid)) {
        emit processInfoRequested(pid);
        return;
    }
    const LogLine* exit = m_model->exitOf(pid);
    QString text = exit != nullptr ? exit->text.toHtmlEscaped() : tr("%1 has ended").arg(pidText(pid).toHtmlEscaped());
    if (const LogLine* restart = m_model->restartOf(pid)) {
        const QString supervisor =
            restart->supervisorName.isEmpty() ? pidLink(restart->supervisor) : lineText(restart->supervisorName).toHtmlEscaped();
        text = tr("%1; %2 restarted it as %3").arg(text, supervisor, pidLink(restart->pid, restart->name));
        const fiberscope::Pid first = restart->pid;
        while (const LogLine* next = m_model->restartOf(restart->pid))
            restart = next;
        if (restart->pid != first)
            text = tr("%1, now %2").arg(text, pidLink(restart->pid));
    }
    emit notice(text);
}

void LogPage::goToProcess(const QModelIndex& index) {
    if (!index.isValid())
        return;
    if (const auto pid = m_model->line(index.row()).pid)
        goTo(pid);
    else
        emit notice(tr("This event is about no process"));
}

/// The current row need not be; what is not selected is no target.
bool LogPage::isSelected(const QModelIndex& index) const {
    return m_table->selectionModel()->isSelected(index);
}

void LogPage::showMenu(QPoint position) {
    const QModelIndex index = m_table->indexAt(position);
    if (!isSelected(index))
        return;
    auto* menu = new QMenu{this};
    menu->setObjectName(QStringLiteral("logMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    fillMenu(*menu, m_model->line(index.row()));
    menu->popup(m_table->viewport()->mapToGlobal(position));
}

void LogPage::fillMenu(QMenu& menu, const LogLine& line) {
    const auto add = [&menu, this](const QString& text, const char* name, auto act) {
        menu.addAction(text, this, act)->setObjectName(QLatin1String{name});
    };
    const auto addOnly = [&](const QString& whom, const QString& filter, const char* name) {
        add(menuText(tr("Show only events of %1").arg(lineText(whom))), name, [this, filter] { showOnly(filter); });
    };
    const auto word = [](const QString& name) { return QStringLiteral("\"%1\"").arg(withoutIsolates(lineText(name))); };
    if (const auto pid = line.pid) {
        const QString who = menuText(namedPidText(line.name, pid));
        add(tr("Process info for %1").arg(who), "processInfo", [this, pid] { goTo(pid); });
        add(tr("Show %1 in Processes").arg(who), "showProcess", [this, pid] { emit processShowRequested(pid); });
        menu.addSeparator();
        addOnly(pidText(pid), pidText(pid), "onlyProcess");
    }
    if (!line.name.isEmpty())
        addOnly(line.name, word(line.name), "onlyName");
    if (line.oldPid)
        addOnly(pidText(line.oldPid), pidText(line.oldPid), "onlyOldProcess");
    if (!line.supervisorName.isEmpty())
        addOnly(line.supervisorName, word(line.supervisorName), "onlySupervisor");
    if (!m_filter->text().isEmpty())
        add(tr("Show all events"), "showAll", [this] { showOnly({}); });
    menu.addSeparator();
    add(tr("Copy Lines"), "copyLines", [text = selectedText()] { QGuiApplication::clipboard()->setText(text); });
}

void LogPage::showOnly(const QString& text) {
    m_filter->setText(text);
}

QString LogPage::selectedText() const {
    QModelIndexList rows = m_table->selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end());
    QStringList texts;
    for (const QModelIndex& row : rows)
        texts.append(m_model->plainText(row.row()));
    return texts.join(QLatin1Char{'\n'});
}

void LogPage::save() {
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Save Log"), QStringLiteral("fiberscope.log"), tr("Texts (*.log *.txt)"));
    if (path.isEmpty())
        return;
    const QString error = writeWhole(path, [this](QIODevice& file) {
        if (m_model->droppedLines() > 0)
            file.write(tr("%1 dropped before this").arg(countText(m_model->droppedLines(), "line was", "lines were")).toUtf8() +
                       '\n');
        for (int row = 0; row < m_model->rowCount(); ++row)
            file.write(m_model->plainText(row).toUtf8() + '\n');
        return true;
    });
    emit notice((error.isEmpty() ? tr("The log is written to %1").arg(lineText(path)) : lineText(error)).toHtmlEscaped());
}

void LogPage::saveSettings(QSettings& settings) const {
    settings.setValue(QStringLiteral("header"), m_table->horizontalHeader()->saveState());
    settings.setValue(QStringLiteral("splitter"), m_splitter->saveState());
    settings.setValue(QStringLiteral("level"), m_level->currentIndex());
    settings.setValue(QStringLiteral("normalExits"), m_normalExits->isChecked());
}

void LogPage::restoreSettings(QSettings& settings) {
    m_table->horizontalHeader()->restoreState(settings.value(QStringLiteral("header")).toByteArray());
    m_splitter->restoreState(settings.value(QStringLiteral("splitter")).toByteArray());
    m_level->setCurrentIndex(settings.value(QStringLiteral("level"), 0).toInt());
    m_normalExits->setChecked(settings.value(QStringLiteral("normalExits"), false).toBool());
}

} // namespace fiberscope::widgets
