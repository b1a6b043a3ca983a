// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/tree_layout.hpp"

#include <algorithm>
#include <limits>

namespace fiberscope::widgets {

std::size_t TreeLayout::add(int parent, QSize size) {
    const auto box = static_cast<int>(m_boxes.size());
    m_boxes.push_back({});
    m_boxes.back().parent = parent;
    m_boxes.back().size = size;
    if (parent >= 0) {
        m_boxes.back().column = at(parent).column + 1;
        at(parent).lastChild = box;
        if (at(parent).firstChild < 0)
            at(parent).firstChild = box;
    }
    return m_boxes.size() - 1;
}

void TreeLayout::place(int viewHeight) {
    makeColumns();
    placeRows(viewHeight);
    measureFamilies();
    m_extent = {};
    for (const Column& column : m_columns)
        m_extent = m_extent.expandedTo({column.left + column.width + margin, at(column.boxes.back()).rect.bottom() + margin});
}

void TreeLayout::makeColumns() {
    m_columns.clear();
    for (std::size_t i = 0; i < m_boxes.size(); ++i) {
        Box& box = m_boxes[i];
        if (static_cast<std::size_t>(box.column) >= m_columns.size())
            m_columns.emplace_back();
        Column& column = m_columns[static_cast<std::size_t>(box.column)];
        box.row = static_cast<int>(column.boxes.size());
        box.deepest = box.column;
        box.descendantsMove = 0;
        column.boxes.push_back(static_cast<int>(i));
        column.width = std::max(column.width, box.size.width());
        if (box.firstChild >= 0)
            column.parents.push_back(static_cast<int>(i));
    }
    int left = margin;
    for (Column& column : m_columns) {
        column.left = left;
        left += column.width + columnGap;
    }
}

void TreeLayout::placeRows(int viewHeight) {
    placeUpwards(viewHeight);
    applyMoves();
    int top = 0;
    for (const Column& column : m_columns)
        top = std::min(top, at(column.boxes.front()).rect.top());
    for (Box& box : m_boxes)
        box.rect.translate(0, margin - top);
}

/// Children stand after their parents, so backwards every family is placed before its parent; y counts from the end.
void TreeLayout::placeUpwards(int viewHeight) {
    std::vector<int> free(m_columns.size(), 0); // bottom of the next box of each column
    for (auto i = static_cast<int>(m_boxes.size()); i-- > 0;) {
        Box& box = at(i);
        const auto column = static_cast<std::size_t>(box.column);
        int top = free[column] - box.size.height();
        if (box.firstChild >= 0) {
            const int first = at(box.firstChild).rect.center().y();
            const int last = at(box.lastChild).rect.center().y();
            const int lowest = first + std::max(0, viewHeight / 2 - 2 * margin);
            const int wanted = std::min((first + last) / 2, lowest) - box.size.height() / 2;
            box.descendantsMove = std::min(0, top - wanted);
            for (int deeper = box.column + 1; deeper <= box.deepest; ++deeper)
                free[static_cast<std::size_t>(deeper)] += box.descendantsMove;
            top = std::min(top, wanted);
        }
        box.rect = QRect{QPoint{m_columns[column].left, top}, box.size};
        free[column] = top - rowGap;
        if (box.parent >= 0)
            at(box.parent).deepest = std::max(at(box.parent).deepest, box.deepest);
    }
}

void TreeLayout::applyMoves() {
    for (Box& box : m_boxes) {
        if (box.parent < 0)
            continue;
        const int move = at(box.parent).descendantsMove;
        box.rect.translate(0, move);
        box.descendantsMove += move;
    }
}

void TreeLayout::measureFamilies() {
    for (auto i = static_cast<int>(m_boxes.size()); i-- > 0;) {
        Box& box = at(i);
        box.top = box.bottom = box.rect.center().y();
        if (box.firstChild < 0)
            continue;
        const Box& first = at(box.firstChild);
        const Box& last = at(box.lastChild);
        box.top = std::min({box.top, first.rect.center().y(), first.top});
        box.bottom = std::max({box.bottom, last.rect.center().y(), last.bottom});
    }
    for (Column& column : m_columns) {
        column.lowest.resize(column.parents.size());
        column.highest.resize(column.parents.size());
        int lowest = std::numeric_limits<int>::min();
        for (std::size_t i = 0; i < column.parents.size(); ++i)
            column.lowest[i] = lowest = std::max(lowest, at(column.parents[i]).bottom);
        int highest = std::numeric_limits<int>::max();
        for (std::size_t i = column.parents.size(); i-- > 0;)
            column.highest[i] = highest = std::min(highest, at(column.parents[i]).top);
    }
}

int TreeLayout::busX(int parent) const {
    const Column& column = m_columns[static_cast<std::size_t>(at(parent).column)];
    return column.left + column.width + columnGap / 2;
}

QRect TreeLayout::rectIn(int index, const QRect& view) const {
    const Box& box = at(index);
    if (box.firstChild < 0)
        return box.rect;
    const auto& column = m_columns[static_cast<std::size_t>(box.column)].boxes;
    const auto row = static_cast<std::size_t>(box.row);
    const int half = box.size.height() / 2;
    int top = box.rect.top();
    if (top < view.top() + margin) {
        int limit = std::min(view.top() + margin, box.bottom - half);
        if (row + 1 < column.size())
            limit = std::min(limit, at(column[row + 1]).rect.top() - rowGap - box.size.height());
        top = std::max(top, limit);
    } else if (const int highest = view.bottom() - margin - box.size.height(); top > highest) {
        int limit = std::max(highest, box.top - half);
        if (row > 0)
            limit = std::max(limit, at(column[row - 1]).rect.bottom() + rowGap);
        top = std::min(top, limit);
    }
    return {QPoint{box.rect.left(), top}, box.size};
}

template <class Take>
void TreeLayout::eachParentIn(const Column& column, const QRect& view, Take take) const {
    const auto first = std::lower_bound(column.lowest.begin(), column.lowest.end(), view.top()) - column.lowest.begin();
    for (auto i = static_cast<std::size_t>(first); i < column.parents.size() && column.highest[i] <= view.bottom(); ++i)
        if (const Box& box = at(column.parents[i]); box.bottom >= view.top() && box.top <= view.bottom())
            take(column.parents[i]);
}

std::vector<int> TreeLayout::boxesIn(const QRect& view) const {
    std::vector<int> shown;
    for (const Column& column : m_columns) {
        const auto from = shown.size();
        const auto first = std::partition_point(column.boxes.begin(), column.boxes.end(),
                                                [&](int box) { return at(box).rect.bottom() < view.top(); });
        for (auto box = first; box != column.boxes.end() && at(*box).rect.top() <= view.bottom(); ++box)
            shown.push_back(*box);
        eachParentIn(column, view, [&](int box) {
            const bool isThereAnyway = at(box).rect.bottom() >= view.top() && at(box).rect.top() <= view.bottom();
            if (!isThereAnyway && rectIn(box, view).intersects(view))
                shown.push_back(box);
        });
        std::sort(shown.begin() + static_cast<std::ptrdiff_t>(from), shown.end());
    }
    return shown;
}

std::vector<int> TreeLayout::parentsIn(const QRect& view) const {
    std::vector<int> parents;
    for (const Column& column : m_columns)
        eachParentIn(column, view, [&](int box) { parents.push_back(box); });
    return parents;
}

int TreeLayout::boxAt(QPoint point, const QRect& view) const {
    const std::vector<int> shown = boxesIn(view);
    const auto found = std::find_if(shown.begin(), shown.end(), [&](int box) { return rectIn(box, view).contains(point); });
    return found == shown.end() ? -1 : *found;
}

int TreeLayout::boxBelow(int box, int places) const {
    const auto& column = m_columns[static_cast<std::size_t>(at(box).column)].boxes;
    const int row = std::clamp(at(box).row + places, 0, static_cast<int>(column.size()) - 1);
    return column[static_cast<std::size_t>(row)];
}

} // namespace fiberscope::widgets
