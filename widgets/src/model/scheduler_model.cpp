// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/scheduler_model.hpp"

#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <QCoreApplication>

#include <array>

namespace fiberscope::widgets {

namespace {

using fiberscope::SchedulerRow;

struct ColumnText {
    const char* title;
    const char* explanation;
    Qt::Alignment alignment;
    QString (*text)(const SchedulerRow& row, const SchedulerLoad& load, const QString& preempted);
    QString (*toolTip)(const SchedulerRow& row) = nullptr; ///< of a cell
};

constexpr Qt::Alignment right = Qt::AlignRight | Qt::AlignVCenter;
constexpr Qt::Alignment left = Qt::AlignLeft | Qt::AlignVCenter;

QString preemptedToolTip(const SchedulerRow& row) {
    return QCoreApplication::translate("SchedulerModel",
                                       "%1 slices by reductions used up, %2 by flag at a runtime call, %3 by signal")
        .arg(countText(row.budget_preemptions), countText(row.flag_preemptions), countText(row.signal_preemptions));
}

const std::array columns = {
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Id"), QT_TRANSLATE_NOOP("SchedulerModel", "Number of the scheduler, from 1"),
               right, [](const SchedulerRow& row, const SchedulerLoad&, const QString&) { return QString::number(row.id); }},
    ColumnText{
        QT_TRANSLATE_NOOP("SchedulerModel", "State"),
        QT_TRANSLATE_NOOP(
            "SchedulerModel",
            "online: takes new work. draining: goes offline, processes wait on it that have begun. offline: has no such process. "
            "stuck: its process does not give way, others take what can be taken"),
        left, [](const SchedulerRow& row, const SchedulerLoad&, const QString&) { return schedulerStateText(row); }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Utilization"),
               QT_TRANSLATE_NOOP("SchedulerModel", "Busy time / wall time since the last sample"), right,
               [](const SchedulerRow&, const SchedulerLoad& load, const QString&) {
                   return QStringLiteral("%1 %").arg(load.busyPercent, 0, 'f', 1);
               }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Run queue"),
               QT_TRANSLATE_NOOP("SchedulerModel", "Processes that wait for their turn"), right,
               [](const SchedulerRow& row, const SchedulerLoad&, const QString&) { return countText(row.run_queue_length()); }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Reds/s"),
               QT_TRANSLATE_NOOP("SchedulerModel", "Reductions, the units of work, done a second"), right,
               [](const SchedulerRow&, const SchedulerLoad& load, const QString&) { return rateText(load.reductionsPerSecond); }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Switches/s"), QT_TRANSLATE_NOOP("SchedulerModel", "Slices begun a second"),
               right,
               [](const SchedulerRow&, const SchedulerLoad& load, const QString&) { return rateText(load.switchesPerSecond); }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Steals"),
               QT_TRANSLATE_NOOP("SchedulerModel", "Processes that it took from other schedulers, since the start"), right,
               [](const SchedulerRow& row, const SchedulerLoad&, const QString&) { return countText(row.steals); }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Wake-ups/s"),
               QT_TRANSLATE_NOOP("SchedulerModel", "How often its thread slept and was woken, a second"), right,
               [](const SchedulerRow&, const SchedulerLoad& load, const QString&) { return rateText(load.wakeUpsPerSecond); }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "With stack"),
               QT_TRANSLATE_NOOP("SchedulerModel", "Processes that hold a stack, most of them in the middle of their code; "
                                                   "idle servers hold no stack and are not counted"),
               right,
               [](const SchedulerRow& row, const SchedulerLoad&, const QString&) { return countText(row.started_processes); }},
    ColumnText{
        QT_TRANSLATE_NOOP("SchedulerModel", "Preempted"),
        QT_TRANSLATE_NOOP("SchedulerModel",
                          "Slices that lasted too long and were ended, by flag at a runtime call or by a signal, since the "
                          "start"),
        right,
        [](const SchedulerRow& row, const SchedulerLoad&, const QString&) {
            return countText(row.flag_preemptions + row.signal_preemptions);
        },
        preemptedToolTip},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Refused"),
               QT_TRANSLATE_NOOP("SchedulerModel",
                                 "Signals that came where a process cannot be interrupted, such as inside of malloc; tried again "
                                 "soon"),
               right,
               [](const SchedulerRow& row, const SchedulerLoad&, const QString&) { return countText(row.signal_refusals); }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Longest run"),
               QT_TRANSLATE_NOOP("SchedulerModel", "The longest that a process ran here without giving way"), right,
               [](const SchedulerRow& row, const SchedulerLoad&, const QString&) { return cpuTimeText(row.longest_run_ns); }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Last preempted"),
               QT_TRANSLATE_NOOP("SchedulerModel", "The process whose slice was ended last"), left,
               [](const SchedulerRow& row, const SchedulerLoad&, const QString& preempted) {
                   return namedPidText(preempted, row.last_preempted);
               }},
    ColumnText{QT_TRANSLATE_NOOP("SchedulerModel", "Thread id"),
               QT_TRANSLATE_NOOP("SchedulerModel", "As the operating system's tools show it"), right,
               [](const SchedulerRow& row, const SchedulerLoad&, const QString&) { return QString::number(row.thread_id); }},
};

QString translated(const char* text) {
    return QCoreApplication::translate("SchedulerModel", text);
}

} // namespace

QString schedulerStateText(const SchedulerRow& row) {
    if (row.state == fiberscope::SchedulerState::draining)
        return translated(QT_TRANSLATE_NOOP("SchedulerModel", "draining (%1 left)")).arg(row.started_processes);
    return row.is_stuck ? translated(QT_TRANSLATE_NOOP("SchedulerModel", "stuck")) : toQString(to_string(row.state));
}

QString runQueueText(const SchedulerRow& row) {
    QStringList parts;
    for (std::size_t priority = row.run_queue.size(); priority-- > 0;)
        if (row.run_queue[priority] > 0)
            parts.append(QStringLiteral("%1 %2").arg(countText(row.run_queue[priority]),
                                                     toQString(to_string(static_cast<fiberscope::Priority>(priority)))));
    return parts.isEmpty() ? translated(QT_TRANSLATE_NOOP("SchedulerModel", "empty")) : parts.join(QLatin1String{", "});
}

void SchedulerModel::update(const std::vector<SchedulerRow>& rows, const LoadPoint* rates) {
    const bool isSameCount = rows.size() == m_rows.size();
    if (!isSameCount)
        beginResetModel();
    m_rows = rows;
    m_loads = rates == nullptr ? std::vector<SchedulerLoad>{} : rates->schedulers;
    m_loads.resize(m_rows.size());
    if (!isSameCount)
        endResetModel();
    else if (!m_rows.empty())
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

void SchedulerModel::setNames(const QHash<quint64, QString>& names) {
    m_names = names;
    if (!m_rows.empty())
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int SchedulerModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int SchedulerModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(columns.size());
}

QVariant SchedulerModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const ColumnText& column = columns[static_cast<std::size_t>(index.column())];
    const auto row = static_cast<std::size_t>(index.row());
    if (role == Qt::DisplayRole)
        return column.text(m_rows[row], m_loads[row], m_names.value(m_rows[row].last_preempted.bits()));
    if (role == Qt::ToolTipRole && column.toolTip != nullptr)
        return column.toolTip(m_rows[row]);
    return role == Qt::TextAlignmentRole ? QVariant{column.alignment} : QVariant{};
}

QVariant SchedulerModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const ColumnText& column = columns[static_cast<std::size_t>(section)];
    switch (role) {
    case Qt::DisplayRole: return translated(column.title);
    case Qt::ToolTipRole: return translated(column.explanation);
    case Qt::TextAlignmentRole: return QVariant{column.alignment};
    default: return {};
    }
}

} // namespace fiberscope::widgets
