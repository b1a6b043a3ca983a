// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/row_table_view.hpp"

#include "model/line_text.hpp"
#include "view/number_delegate.hpp"
#include "view/row_header.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>

#include <algorithm>

namespace fiberscope::widgets {

RowTableView::RowTableView(QWidget* parent) : QTableView{parent} {
    setHorizontalHeader(new RowHeader{this});
    setItemDelegate(new NumberDelegate{this});
    setSelectionBehavior(SelectRows);
    setEditTriggers(NoEditTriggers);
    setAlternatingRowColors(true);
    setShowGrid(false);
    setWordWrap(false);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setMinimumSectionSize(0);
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
}

void RowTableView::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy))
        return copySelectedRows(*this);
    const QModelIndex before = currentIndex();
    QTableView::keyPressEvent(event);
    const bool isToRow = event->key() >= Qt::Key_Home && event->key() <= Qt::Key_PageDown;
    if (isToRow || currentIndex().row() != before.row())
        emit rowReached(currentIndex());
}

QModelIndex RowTableView::moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) {
    if (action != MoveHome && action != MoveEnd)
        return QTableView::moveCursor(action, modifiers);
    const QModelIndex first = QTableView::moveCursor(MoveHome, Qt::NoModifier); // of the row, that can be seen
    return first.sibling(action == MoveHome ? 0 : model()->rowCount() - 1, first.column());
}

void copySelectedRows(const QTableView& table) {
    auto rows = table.selectionModel()->selectedRows();
    if (rows.isEmpty())
        return;
    std::sort(rows.begin(), rows.end());
    QStringList lines;
    for (const auto& row : std::as_const(rows)) {
        QStringList cells;
        for (int column = 0; column < table.model()->columnCount(); ++column)
            cells += withoutIsolates(row.siblingAtColumn(column).data().toString());
        lines += cells.join(QLatin1Char{'\t'});
    }
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char{'\n'}));
}

} // namespace fiberscope::widgets
