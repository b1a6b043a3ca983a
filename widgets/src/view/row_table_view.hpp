// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>

namespace fiberscope::widgets {

/// A read-only table of rows, one line each. Ctrl+C copies the selected rows, cells parted by tabs; Qt's own would copy the
/// current cell, selected or not.
/// **Thread:** GUI thread.
class RowTableView : public QTableView {
    Q_OBJECT

public:
    explicit RowTableView(QWidget* parent = nullptr);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void copySelectedRows() const;
};

} // namespace fiberscope::widgets
