// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/whole_columns.hpp"

#include "view/number_delegate.hpp"

#include <QHeaderView>
#include <QPixmap>
#include <QScopedValueRollback>
#include <QScrollBar>
#include <QStyle>
#include <QTableView>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

WholeColumns::WholeColumns(QTableView& table, std::function<bool(int)> isWhole, std::function<int(int)> usualWidth)
    : QObject{&table}, m_table{table}, m_isWhole{std::move(isWhole)}, m_usualWidth{std::move(usualWidth)} {
    const auto* header = table.horizontalHeader();
    m_soon.setSingleShot(true);
    m_soon.setInterval(0);
    connect(&m_soon, &QTimer::timeout, this, &WholeColumns::fit);
    connect(header, &QHeaderView::sectionResized, this, &WholeColumns::takeSize);
    connect(header, &QHeaderView::sectionMoved, &m_soon, qOverload<>(&QTimer::start));
    connect(header, &QHeaderView::geometriesChanged, &m_soon, qOverload<>(&QTimer::start));
    connect(table.verticalScrollBar(), &QScrollBar::valueChanged, this, &WholeColumns::fit);
    connect(table.verticalScrollBar(), &QScrollBar::rangeChanged, this, &WholeColumns::fit);
}

// What is changed here is announced as if the user had done it.
void WholeColumns::fit() {
    if (m_isFitting || m_table.model() == nullptr)
        return;
    const QScopedValueRollback fitting{m_isFitting, true};
    for (int column = 0; column < m_table.model()->columnCount(); ++column)
        if (!m_table.isColumnHidden(column) && m_isWhole(column))
            fitColumn(column);
    fitLast();
}

// The header is in the midst of a change: what a column is beside the others can be told when it is over.
void WholeColumns::takeSize(int column, int, int size) {
    if (m_isFitting)
        return;
    const QScopedValueRollback fitting{m_isFitting, true};
    if (size > 0 && m_isWhole(column)) // else it is being hidden, and not yet known to be
        fitColumn(column);
    m_soon.start();
}

void WholeColumns::fitColumn(int column) {
    if (const int width = need(column); m_table.columnWidth(column) < width)
        m_table.setColumnWidth(column, width);
}

// A column that takes what is left cannot be told to be wider. What is left may be next to nothing, and the column keeps that
// when another one becomes the last.
void WholeColumns::fitLast() {
    auto* header = m_table.horizontalHeader();
    const int last = lastShown();
    if (last < 0)
        return;
    const int left = header->viewport()->width() - (header->length() - header->sectionSize(last));
    const int width = std::max(m_isWhole(last) ? need(last) : titleNeed(last), m_usualWidth ? m_usualWidth(last) : 0);
    if (header->length() < header->viewport()->width()) // Qt misses one that grew while it was being shown
        header->setStretchLastSection(false);
    header->setStretchLastSection(left >= width);
    if (left < width)
        header->resizeSection(last, width);
}

int WholeColumns::need(int column) const {
    const auto* model = m_table.model();
    const int first = std::max(0, m_table.rowAt(0));
    const int below = m_table.rowAt(m_table.viewport()->height() - 1);
    const int last = below < 0 ? model->rowCount() - 1 : below;
    int width = titleNeed(column);
    for (int row = first; row <= last; ++row)
        width = std::max(width, need(model->index(row, column)));
    return width;
}

int WholeColumns::titleNeed(int column) const {
    return m_table.horizontalHeader()->sectionSizeHint(column);
}

int WholeColumns::need(const QModelIndex& cell) const {
    const int margin = m_table.style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, &m_table) + 1;
    const auto sign = cell.data(Qt::DecorationRole).value<QPixmap>();
    const int signWidth = sign.isNull() ? 0 : sign.deviceIndependentSize().toSize().width() + 2 * margin;
    const int textWidth = m_table.fontMetrics().horizontalAdvance(cell.data().toString()) + 2 * margin;
    const auto alignment = Qt::Alignment{cell.data(Qt::TextAlignmentRole).toInt()};
    const int padding = alignment.testFlag(Qt::AlignRight) ? numberPadding : 0;
    return signWidth + textWidth + padding + 1; // and what the grid may take
}

int WholeColumns::lastShown() const {
    const auto* header = m_table.horizontalHeader();
    for (int visual = header->count() - 1; visual >= 0; --visual)
        if (const int column = header->logicalIndex(visual); !header->isSectionHidden(column))
            return column;
    return -1;
}

} // namespace fiberscope::widgets
