// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRect>
#include <QSize>

#include <cstddef>
#include <vector>

namespace fiberscope::widgets {

/// Places the boxes of a tree as Erlang's observer does: root at the left, each generation in a column to the right,
/// a parent beside the middle of its children. A parent of a family taller than `viewHeight` stays near its top, so
/// that it is on the first screen.
/// **Thread:** any; a plain value. **Cost:** linear in the boxes.
class TreeLayout {
public:
    static constexpr int columnGap = 34;
    static constexpr int rowGap = 10;
    static constexpr int margin = 14;

    struct Box {
        int parent = -1; ///< index of the parent's box, which stands before it; -1: a root
        QSize size;
        QRect rect; ///< set by `place`
    };

    void clear() { m_boxes.clear(); }
    /// Adds a box below its parent's last one; parents come before children, families in order (pre-order).
    std::size_t add(int parent, QSize size);
    void place(int viewHeight);

    const std::vector<Box>& boxes() const noexcept { return m_boxes; }
    /// Of all boxes with a margin around.
    QSize extent() const noexcept { return m_extent; }
    /// Where the line from a parent to its children turns.
    int busX(const Box& parent) const { return m_columnRight[depthOf(parent)] + columnGap / 2; }
    /// Index of the box at a point; -1: none.
    int boxAt(QPoint point) const;

private:
    std::size_t depthOf(const Box& box) const;
    void placeColumns();
    /// What each leaf takes of the height.
    std::vector<int> rowHeights() const;
    void placeRows(int viewHeight);

    std::vector<Box> m_boxes;
    std::vector<std::size_t> m_depths;
    std::vector<int> m_columnRight;
    QSize m_extent;
};

} // namespace fiberscope::widgets
