// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/text_table.hpp"

#include "model/line_text.hpp"
#include "view/chart_colors.hpp"
#include "view/row_table_view.hpp"
#include "view/whole_columns.hpp"

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QStackedLayout>
#include <QStandardItemModel>
#include <QTableView>

namespace fiberscope::widgets {

TextTable::TextTable(const QStringList& titles, const QList<int>& widths, QWidget* parent)
    : QWidget{parent}, m_model{new QStandardItemModel{this}}, m_table{new QTableView{this}}, m_message{new QLabel{this}},
      m_layout{new QStackedLayout{this}} {
    m_model->setHorizontalHeaderLabels(titles);
    m_table->setModel(m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setStretchLastSection(true);
    for (int column = 0; column < widths.size(); ++column)
        m_table->setColumnWidth(column, widths[column]);
    m_message->setAlignment(Qt::AlignCenter);
    m_message->setWordWrap(true);
    m_message->setMargin(24);
    m_layout->addWidget(m_table);
    m_layout->addWidget(m_message);
    auto* copy = new QAction{this};
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(copy, &QAction::triggered, this, [this] { copySelectedRows(*m_table); });
    addAction(copy);
}

void TextTable::keepWhole(const QList<int>& columns) {
    m_wholeColumns = new WholeColumns{*m_table, [columns](int column) { return columns.contains(column); }};
}

void TextTable::setRows(const QList<TextRow>& rows, const QString& ifEmpty) {
    m_model->setRowCount(static_cast<int>(rows.size()));
    for (int row = 0; row < rows.size(); ++row)
        for (int column = 0; column < rows[row].cells.size(); ++column)
            setCell(m_model->index(row, column), rows[row]);
    if (m_wholeColumns != nullptr)
        m_wholeColumns->fit();
    m_message->setText(ifEmpty);
    m_layout->setCurrentWidget(rows.isEmpty() ? static_cast<QWidget*>(m_message) : m_table);
}

void TextTable::setRows(const QList<QStringList>& rows, const QString& ifEmpty) {
    QList<TextRow> plainRows;
    for (const QStringList& cells : rows)
        plainRows += TextRow{cells};
    setRows(plainRows, ifEmpty);
}

// The model tells nobody of a value that is the same as before.
void TextTable::setCell(const QModelIndex& index, const TextRow& row) {
    const QString text = row.cells[index.column()];
    const QString tip = row.tips.value(index.column());
    m_model->setData(index, wholeLineText(text));
    m_model->setData(index, toolTipText(tip.isEmpty() ? text : tip), Qt::ToolTipRole);
    const auto color = row.isFaint ? QVariant{QBrush{faintColor(palette())}} : QVariant{};
    if (color != index.data(Qt::ForegroundRole)) // of a color that is none it does
        m_model->setData(index, color, Qt::ForegroundRole);
}

} // namespace fiberscope::widgets
