// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/process_model.hpp"

#include "model/line_text.hpp"
#include "model/process_columns.hpp"
#include "model/text_format.hpp"

#include <QBrush>

#include <utility>

namespace fiberscope::widgets {

// Grow at the tail, move everything in one layout change, shrink at the tail: views do the same work for ten rows and
// for a million, and no row is announced one by one.
void ProcessModel::setFrame(ProcessFramePtr frame) {
    const int rows = static_cast<int>(frame->rowCount());
    if (rows > m_rows) {
        beginInsertRows({}, m_rows, rows - 1);
        m_rows = rows;
        endInsertRows();
    }
    emit layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    if (m_frame != nullptr)
        remapPersistentIndexes(*m_frame, *frame);
    m_frame = std::move(frame);
    emit layoutChanged({}, QAbstractItemModel::VerticalSortHint);
    if (rows < m_rows) {
        beginRemoveRows({}, rows, m_rows - 1);
        m_rows = rows;
        endRemoveRows();
    }
}

void ProcessModel::remapPersistentIndexes(const ProcessFrame& from, const ProcessFrame& to) {
    const auto persistent = persistentIndexList();
    if (persistent.isEmpty())
        return;
    QModelIndexList moved;
    moved.reserve(persistent.size());
    for (const auto& index : persistent) {
        const auto row = static_cast<std::size_t>(index.row());
        const auto target = row < from.rowCount() ? to.rowOf(from.pid(row)) : std::nullopt;
        moved.push_back(target ? createIndex(static_cast<int>(*target), index.column()) : QModelIndex{});
    }
    changePersistentIndexList(persistent, moved);
}

void ProcessModel::setMarkColours(const MarkColours& colours) {
    m_colours = colours;
    if (m_rows > 0)
        emit dataChanged(index(0, 0), index(m_rows - 1, processColumnCount - 1), {Qt::BackgroundRole});
}

void ProcessModel::setSuspendedSign(const QPixmap& sign) {
    m_suspendedSign = sign;
    if (m_rows > 0)
        emit dataChanged(index(0, 0), index(m_rows - 1, 0), {Qt::DecorationRole});
}

fiberscope::Pid ProcessModel::pidAt(int row) const {
    const bool known = m_frame != nullptr && row >= 0 && static_cast<std::size_t>(row) < m_frame->rowCount();
    return known ? m_frame->pid(static_cast<std::size_t>(row)) : fiberscope::Pid{};
}

int ProcessModel::rowOf(fiberscope::Pid pid) const {
    const auto row = m_frame != nullptr ? m_frame->rowOf(pid) : std::nullopt;
    return row ? static_cast<int>(*row) : -1;
}

int ProcessModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : m_rows;
}

int ProcessModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : processColumnCount;
}

QVariant ProcessModel::data(const QModelIndex& index, int role) const {
    const auto row = static_cast<std::size_t>(index.row());
    if (!index.isValid() || m_frame == nullptr || row >= m_frame->rowCount())
        return {};
    const auto column = static_cast<ProcessColumn>(index.column());
    switch (role) {
    case Qt::DisplayRole: return processText(*m_frame, m_frame->index(row), column);
    case Qt::ToolTipRole: return toolTip(row, column);
    case Qt::AccessibleTextRole: return accessibleText(row, column);
    case Qt::DecorationRole: return decoration(row, column);
    case Qt::TextAlignmentRole: return QVariant::fromValue(processColumn(column).alignment);
    case Qt::BackgroundRole: return background(row);
    case PidRole: return QVariant::fromValue<qulonglong>(m_frame->pid(row).bits());
    case RawRole: return processRaw(*m_frame, m_frame->index(row), column);
    case MarkRole: return static_cast<int>(m_frame->mark(row));
    default: return {};
    }
}

QVariant ProcessModel::toolTip(std::size_t row, ProcessColumn column) const {
    const auto text = processText(*m_frame, m_frame->index(row), column);
    return toolTipText(isSuspended(row) ? tr("%1\n%2").arg(text, suspendedText()) : text);
}

QVariant ProcessModel::accessibleText(std::size_t row, ProcessColumn column) const {
    const auto text = processText(*m_frame, m_frame->index(row), column);
    return column == ProcessColumn::pid && isSuspended(row) ? tr("%1, suspended").arg(text) : text;
}

// In the column that cannot be hidden.
QVariant ProcessModel::decoration(std::size_t row, ProcessColumn column) const {
    return column == ProcessColumn::pid && isSuspended(row) ? QVariant{m_suspendedSign} : QVariant{};
}

QVariant ProcessModel::background(std::size_t row) const {
    switch (m_frame->mark(row)) {
    case RowMark::started: return QBrush{m_colours.started};
    case RowMark::ended: return QBrush{m_colours.ended};
    case RowMark::none: break;
    }
    return {};
}

QVariant ProcessModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= processColumnCount)
        return {};
    const auto& column = processColumn(static_cast<ProcessColumn>(section));
    switch (role) {
    case Qt::DisplayRole: return QString::fromUtf8(column.title);
    case Qt::ToolTipRole:
        return QStringLiteral("<p><b>%1</b></p><p>%2</p>")
            .arg(QString::fromUtf8(column.title), QString::fromUtf8(column.description).toHtmlEscaped());
    case Qt::TextAlignmentRole: return QVariant::fromValue(column.alignment);
    case Qt::InitialSortOrderRole: return QVariant::fromValue(column.firstClickOrder);
    default: return {};
    }
}

void ProcessModel::sort(int column, Qt::SortOrder order) {
    if (column >= 0 && column < processColumnCount)
        emit sortRequested(static_cast<ProcessColumn>(column), order);
}

} // namespace fiberscope::widgets
