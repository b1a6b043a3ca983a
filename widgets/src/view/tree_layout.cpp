// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/tree_layout.hpp"

#include <algorithm>
#include <limits>

namespace fiberscope::widgets {

namespace {
/// No height: those count from the end and so are negative.
constexpr int noChild = std::numeric_limits<int>::max();
} // namespace

std::size_t TreeLayout::add(int parent, QSize size) {
    m_boxes.push_back(Box{parent, size, {}});
    return m_boxes.size() - 1;
}

void TreeLayout::place(int viewHeight) {
    placeColumns();
    placeRows(viewHeight);
    QRect all;
    for (const Box& box : m_boxes)
        all = all.united(box.rect);
    m_extent = m_boxes.empty() ? QSize{} : QSize{all.right() + margin, all.bottom() + margin};
}

void TreeLayout::placeColumns() {
    m_depths.assign(m_boxes.size(), 0);
    std::vector<int> widths;
    for (std::size_t i = 0; i < m_boxes.size(); ++i) {
        const int parent = m_boxes[i].parent;
        m_depths[i] = parent < 0 ? 0 : m_depths[static_cast<std::size_t>(parent)] + 1;
        if (m_depths[i] >= widths.size())
            widths.push_back(0);
        widths[m_depths[i]] = std::max(widths[m_depths[i]], m_boxes[i].size.width());
    }
    m_columnRight.assign(widths.size(), 0);
    int left = margin;
    std::vector<int> lefts(widths.size());
    for (std::size_t depth = 0; depth < widths.size(); ++depth) {
        lefts[depth] = left;
        m_columnRight[depth] = left + widths[depth];
        left += widths[depth] + columnGap;
    }
    for (std::size_t i = 0; i < m_boxes.size(); ++i)
        m_boxes[i].rect = QRect{QPoint{lefts[m_depths[i]], 0}, m_boxes[i].size};
}

std::vector<int> TreeLayout::rowHeights() const {
    std::vector<int> childCounts(m_boxes.size(), 0);
    std::vector<int> heights(m_boxes.size());
    for (std::size_t i = 0; i < m_boxes.size(); ++i) {
        heights[i] = m_boxes[i].size.height();
        if (m_boxes[i].parent >= 0)
            ++childCounts[static_cast<std::size_t>(m_boxes[i].parent)];
    }
    // an only child stands beside its parent and so needs the height of the taller of both
    for (std::size_t i = 0; i < m_boxes.size(); ++i)
        if (const int parent = m_boxes[i].parent; parent >= 0 && childCounts[static_cast<std::size_t>(parent)] == 1)
            heights[i] = std::max(heights[i], heights[static_cast<std::size_t>(parent)]);
    return heights;
}

void TreeLayout::placeRows(int viewHeight) {
    std::vector<int> firstMiddle(m_boxes.size(), noChild);
    std::vector<int> lastMiddle(m_boxes.size(), noChild);
    const std::vector<int> heights = rowHeights();
    // children stand after their parents, so backwards every family is placed before its parent; y counts from the end
    int bottom = 0;
    for (std::size_t i = m_boxes.size(); i-- > 0;) {
        Box& box = m_boxes[i];
        if (firstMiddle[i] == noChild) {
            box.rect.moveTop(bottom - (heights[i] + box.size.height()) / 2);
            bottom -= heights[i] + rowGap;
        } else {
            const int middle = (firstMiddle[i] + lastMiddle[i]) / 2;
            const int lowest = firstMiddle[i] + std::max(0, viewHeight / 2 - 2 * margin);
            box.rect.moveTop(std::min(middle, lowest) - box.size.height() / 2);
        }
        if (box.parent < 0)
            continue;
        const auto parent = static_cast<std::size_t>(box.parent);
        firstMiddle[parent] = box.rect.center().y();
        if (lastMiddle[parent] == noChild)
            lastMiddle[parent] = box.rect.center().y();
    }
    int top = 0;
    for (const Box& box : m_boxes)
        top = std::min(top, box.rect.top());
    for (Box& box : m_boxes)
        box.rect.translate(0, margin - top);
}

int TreeLayout::boxAt(QPoint point) const {
    for (std::size_t i = 0; i < m_boxes.size(); ++i)
        if (m_boxes[i].rect.contains(point))
            return static_cast<int>(i);
    return -1;
}

std::size_t TreeLayout::depthOf(const Box& box) const {
    return m_depths[static_cast<std::size_t>(&box - m_boxes.data())];
}

} // namespace fiberscope::widgets
