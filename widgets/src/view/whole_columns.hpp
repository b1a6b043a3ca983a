// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimer>

#include <functional>

class QModelIndex;
class QTableView;

namespace fiberscope::widgets {

/// Keeps some columns of a table as wide as what is seen in them, and as their titles with the arrow of sorting: a number that
/// is cut reads as another one. They grow and do not shrink by themselves, so that nothing jumps to and fro; made narrower by
/// the user, they keep what they need. The last column, whichever it is, takes the room that is left, unless it needs more or
/// usually has more.
/// **Thread:** GUI thread. **Cost:** the visible rows, at each change of them.
class WholeColumns : public QObject {
public:
    /// `isWhole` tells the columns, by their numbers in the model, `usualWidth` how wide one is at first, in pixels. The table
    /// owns this.
    WholeColumns(QTableView& table, std::function<bool(int)> isWhole, std::function<int(int)> usualWidth = {});

    /// To be called when the model has other texts; what else moves the table is seen from here.
    void fit();

private:
    void takeSize(int column, int before, int size);
    void fitColumn(int column);
    void fitLast();
    /// What the title and the visible rows need of a column, in pixels.
    int need(int column) const;
    int titleNeed(int column) const;
    int need(const QModelIndex& cell) const;
    int lastShown() const;

    QTableView& m_table;
    std::function<bool(int)> m_isWhole;
    std::function<int(int)> m_usualWidth; ///< may be empty
    QTimer m_soon;
    bool m_isFitting = false;
};

} // namespace fiberscope::widgets
