// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QStringList>
#include <QWidget>

class QLabel;
class QStandardItemModel;
class QStackedLayout;
class QTableView;

namespace fiberscope::widgets {

/// A small read-only table of texts, or one sentence where there is nothing to show. Up to some hundred rows.
/// New contents keep scroll position and selection. Ctrl+C copies the selected rows.
/// **Thread:** GUI thread.
class TextTable : public QWidget {
    Q_OBJECT

public:
    TextTable(const QStringList& titles, const QList<int>& widths, QWidget* parent = nullptr);

    /// `ifEmpty` is shown when there are no rows.
    void setRows(const QList<QStringList>& rows, const QString& ifEmpty);

private:
    void copySelection() const;

    QStandardItemModel* m_model;
    QTableView* m_table;
    QLabel* m_message;
    QStackedLayout* m_layout;
};

} // namespace fiberscope::widgets
