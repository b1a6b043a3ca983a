// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QStringList>
#include <QWidget>

class QLabel;
class QModelIndex;
class QStandardItemModel;
class QStackedLayout;
class QTableView;

namespace fiberscope::widgets {

class WholeColumns;

/// A row of a TextTable.
struct TextRow {
    QStringList cells;
    QStringList tips{};   ///< tooltips; where there is none: the text of the cell
    bool isFaint = false; ///< of less interest than the others
};

/// A small read-only table of texts, or one sentence where there is nothing to show. Up to some hundred rows.
/// New contents keep scroll position and selection. Ctrl+C copies the selected rows.
/// **Thread:** GUI thread.
class TextTable : public QWidget {
    Q_OBJECT

public:
    TextTable(const QStringList& titles, const QList<int>& widths, QWidget* parent = nullptr);

    /// Columns, such as those of numbers, that grow with what is in them.
    void keepWhole(const QList<int>& columns);
    /// `ifEmpty` is shown when there are no rows.
    void setRows(const QList<TextRow>& rows, const QString& ifEmpty);
    void setRows(const QList<QStringList>& rows, const QString& ifEmpty);

private:
    void setCell(const QModelIndex& index, const TextRow& row);

    QStandardItemModel* m_model;
    QTableView* m_table;
    QLabel* m_message;
    QStackedLayout* m_layout;
    WholeColumns* m_wholeColumns = nullptr; ///< if any are to be
};

} // namespace fiberscope::widgets
