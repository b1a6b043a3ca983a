// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "view/row_table_view.hpp"

#include <QElapsedTimer>

namespace fiberscope::widgets {

class WholeColumns;

/// The process table: no cost per row, no number cut, keys as a process viewer has them.
/// **Thread:** GUI thread.
class ProcessTableView : public RowTableView {
    Q_OBJECT

public:
    explicit ProcessTableView(QWidget* parent = nullptr);

    /// One of processes.
    void setModel(QAbstractItemModel* model) override;
    /// Takes what is typed as the number of a process; other letters are ignored.
    void keyboardSearch(const QString& typed) override;

signals:
    void infoRequested();
    void killRequested();
    void copyRequested();
    /// Digits were typed: the slot as in `<0.SLOT.SERIAL>` so far.
    void jumpRequested(quint32 slot);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    WholeColumns* m_wholeColumns; ///< all but those of texts
    QString m_typed;
    QElapsedTimer m_sinceTyped;
};

} // namespace fiberscope::widgets
