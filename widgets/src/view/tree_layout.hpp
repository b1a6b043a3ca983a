// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRect>
#include <QSize>

#include <cstddef>
#include <vector>

namespace fiberscope::widgets {

/// Places the boxes of a tree as Erlang's observer does: root at the left, each generation in a column to the right,
/// a parent beside the middle of its children; but boxes of one column stand as close as they can. What a view shows of it is
/// a little more than what lies in its area: a parent slides along its family, so that whoever sees children sees whose they are.
/// **Thread:** any; a plain value. **Cost:** placing is linear in the boxes; asking for what is in a view is not.
class TreeLayout {
public:
    static constexpr int columnGap = 28;
    static constexpr int rowGap = 10;
    static constexpr int margin = 12;

    struct Box {
        int parent = -1; ///< index of the parent's box, which stands before it; -1: a root
        QSize size;
        QRect rect; ///< set by `place`; where it stands unless it slides
        int firstChild = -1;
        int lastChild = -1;

    private:
        friend class TreeLayout;
        int column = 0;
        int row = 0;             ///< in its column
        int top = 0;             ///< of its family and its own: middles of the uppermost and ...
        int bottom = 0;          ///< ... of the lowest box that it may stand beside
        int deepest = 0;         ///< column of its deepest descendant
        int descendantsMove = 0; ///< while placing: what its descendants move with it
    };

    void clear() { m_boxes.clear(); }
    /// Adds a box below its parent's last one; parents come before children, families in order (pre-order).
    std::size_t add(int parent, QSize size);
    void setWidth(int box, int width) { m_boxes[static_cast<std::size_t>(box)].size.setWidth(width); }
    /// A parent of a family taller than `viewHeight` stays near its top, so that it is on the first screen.
    void place(int viewHeight);

    const std::vector<Box>& boxes() const noexcept { return m_boxes; }
    /// Of all boxes with a margin around.
    QSize extent() const noexcept { return m_extent; }
    /// Where the line from a parent to its children turns.
    int busX(int parent) const;
    /// Where a view of this area shows a box.
    QRect rectIn(int box, const QRect& view) const;
    /// The boxes that such a view shows, column by column, top to bottom.
    std::vector<int> boxesIn(const QRect& view) const;
    /// The parents of which such a view may show a line to a child.
    std::vector<int> parentsIn(const QRect& view) const;
    /// The box that such a view shows at a point; -1: none.
    int boxAt(QPoint point, const QRect& view) const;
    /// The box so many places further down in the same column, or the last one that way.
    int boxBelow(int box, int places) const;

private:
    struct Column {
        int left = 0;
        int width = 0;
        std::vector<int> boxes;   ///< top to bottom
        std::vector<int> parents; ///< of these, those with children
        std::vector<int> lowest;  ///< for each of the parents: bottom of the lowest family up to it
        std::vector<int> highest; ///< for each of the parents: top of the highest family from it on
    };

    Box& at(int box) { return m_boxes[static_cast<std::size_t>(box)]; }
    const Box& at(int box) const { return m_boxes[static_cast<std::size_t>(box)]; }
    void makeColumns();
    void placeRows(int viewHeight);
    void placeUpwards(int viewHeight);
    void applyMoves();
    void measureFamilies();
    template <class Take>
    void eachParentIn(const Column& column, const QRect& view, Take take) const;

    std::vector<Box> m_boxes;
    std::vector<Column> m_columns;
    QSize m_extent;
};

} // namespace fiberscope::widgets
