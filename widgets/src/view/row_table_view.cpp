// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/row_table_view.hpp"

#include "model/line_text.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>

#include <algorithm>

namespace fiberscope::widgets {

RowTableView::RowTableView(QWidget* parent) : QTableView{parent} {
    setSelectionBehavior(SelectRows);
    setEditTriggers(NoEditTriggers);
    setAlternatingRowColors(true);
    setShowGrid(false);
    setWordWrap(false);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    horizontalHeader()->setHighlightSections(false);
}

void RowTableView::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy))
        copySelectedRows();
    else
        QTableView::keyPressEvent(event);
}

void RowTableView::copySelectedRows() const {
    auto rows = selectionModel()->selectedRows();
    if (rows.isEmpty())
        return;
    std::sort(rows.begin(), rows.end());
    QStringList lines;
    for (const auto& row : std::as_const(rows)) {
        QStringList cells;
        for (int column = 0; column < model()->columnCount(); ++column)
            cells += withoutIsolates(row.siblingAtColumn(column).data().toString());
        lines += cells.join(QLatin1Char{'\t'});
    }
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char{'\n'}));
}

} // namespace fiberscope::widgets
