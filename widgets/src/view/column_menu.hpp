// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMenu>

class QHeaderView;

namespace fiberscope::widgets {

/// Which columns of the process table are shown: one tick a column. It stays open while ticks are set, by mouse or keys.
/// **Thread:** GUI thread.
class ColumnMenu : public QMenu {
    Q_OBJECT

public:
    ColumnMenu(QHeaderView& header, QWidget* parent);

signals:
    /// The columns of a first start are wanted, at once.
    void defaultsWanted();

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void showTicks();

    QHeaderView& m_header;
    QList<QAction*> m_columns; ///< by their numbers in the model
};

} // namespace fiberscope::widgets
