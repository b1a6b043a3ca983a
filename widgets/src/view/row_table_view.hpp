// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>

namespace fiberscope::widgets {

/// Takes the selected rows of a table to the clipboard, from the top, cells parted by tabs; nothing if none is selected.
/// **Thread:** GUI thread.
void copySelectedRows(const QTableView& table);

/// A read-only table of rows, one line each. Ctrl+C copies the selected rows, cells parted by tabs; Qt's own would copy the
/// current cell, selected or not. Home and End go to the first and the last row, numbers keep clear of the texts beside them.
/// **Thread:** GUI thread.
class RowTableView : public QTableView {
    Q_OBJECT

public:
    explicit RowTableView(QWidget* parent = nullptr);

signals:
    /// A key has led to this row.
    void rowReached(const QModelIndex& index);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
};

} // namespace fiberscope::widgets
