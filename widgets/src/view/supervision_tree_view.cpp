// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/supervision_tree_view.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>

#include <algorithm>

namespace fiberscope::widgets {

namespace {
constexpr std::chrono::milliseconds frameTime{50};
} // namespace

SupervisionTreeView::SupervisionTreeView(QWidget* parent) : QAbstractItemView{parent} {
    setSelectionMode(SingleSelection);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    viewport()->setBackgroundRole(QPalette::Base);
    m_boxes.setFont(font());
    m_animation.setInterval(frameTime);
    connect(&m_animation, &QTimer::timeout, this, &SupervisionTreeView::animate);
}

void SupervisionTreeView::setModel(QAbstractItemModel* model) {
    QAbstractItemView::setModel(model);
    m_tree = qobject_cast<SupervisionModel*>(model);
    m_boxes.setModel(m_tree);
    for (auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(model, signal, this, &SupervisionTreeView::layoutSoon);
    connect(model, &QAbstractItemModel::rowsMoved, this, &SupervisionTreeView::layoutSoon);
    layoutSoon();
}

void SupervisionTreeView::setDetailed(bool detailed) {
    m_boxes.setDetailed(detailed);
    layoutSoon();
}

void SupervisionTreeView::setQuery(const SupervisionQuery& query) {
    m_query = query;
    viewport()->update();
}

void SupervisionTreeView::unfold(const QModelIndexList& nodes) {
    for (const QModelIndex& node : nodes)
        for (QModelIndex parent = node.parent(); parent.isValid(); parent = parent.parent())
            setCollapsed(parent, false);
}

void SupervisionTreeView::setCollapsed(const QModelIndex& index, bool collapsed) {
    if (collapsed == isCollapsed(index))
        return;
    m_boxes.setCollapsed(index, collapsed);
    layoutSoon();
}

void SupervisionTreeView::collapseAll() {
    ensureLayout();
    m_boxes.collapseAll();
    layoutSoon();
}

void SupervisionTreeView::expandAll() {
    m_boxes.expandAll();
    layoutSoon();
}

QModelIndexList SupervisionTreeView::visibleNodes() const {
    ensureLayout();
    QModelIndexList nodes;
    for (const int box : m_boxes.layout().boxesIn(area()))
        nodes.append(m_boxes.indexOf(box));
    return nodes;
}

void SupervisionTreeView::reset() {
    QAbstractItemView::reset();
    m_boxes.forgetWidths();
    layoutSoon();
}

/// Not the base class's: it asks where the changed box is, and so would have all boxes placed again for each change.
void SupervisionTreeView::dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight, const QList<int>&) {
    for (int row = topLeft.row(); row <= bottomRight.row(); ++row) {
        const quint64 id = tree().idOf(topLeft.siblingAtRow(row));
        m_boxes.forgetWidth(id);
        m_told.insert(id);
    }
    m_glowEnd.setRemainingTime(SupervisionModel::restartShown);
    m_animation.start();
    layoutSoon();
}

void SupervisionTreeView::layoutSoon() {
    m_needsLayout = true;
    viewport()->update();
}

QRect SupervisionTreeView::area() const {
    return viewport()->rect().translated(horizontalOffset(), verticalOffset());
}

void SupervisionTreeView::ensureLayout() const {
    if (m_tree == nullptr)
        return;
    auto* self = const_cast<SupervisionTreeView*>(this);
    if (m_needsLayout) {
        m_needsLayout = false;
        ++m_layoutCount;
        // not the viewport's height, which depends on whether the tree needs a scroll bar
        m_boxes.update(maximumViewportSize().height());
        self->updateGeometries();
    }
    if (m_boxes.shape(area()))
        self->updateGeometries();
}

QRect SupervisionTreeView::visualRect(const QModelIndex& index) const {
    ensureLayout();
    const int box = m_boxes.boxOf(index);
    return box < 0 ? QRect{} : m_boxes.layout().rectIn(box, area()).translated(-horizontalOffset(), -verticalOffset());
}

void SupervisionTreeView::scrollTo(const QModelIndex& index, ScrollHint hint) {
    const QRect box = visualRect(index);
    const QRect rect = box.adjusted(-TreeLayout::margin, -TreeLayout::margin, TreeLayout::margin, TreeLayout::margin);
    const QRect area = viewport()->rect();
    if (box.isNull() || (hint == EnsureVisible && area.contains(rect)))
        return;
    const auto shift = [](int from, int to, int lower, int upper) {
        return from < lower ? from - lower : to > upper ? std::min(to - upper, from - lower) : 0;
    };
    horizontalScrollBar()->setValue(horizontalOffset() + shift(rect.left(), rect.right(), area.left(), area.right()));
    if (hint == PositionAtCenter)
        verticalScrollBar()->setValue(verticalOffset() + rect.center().y() - area.center().y());
    else
        verticalScrollBar()->setValue(verticalOffset() + shift(rect.top(), rect.bottom(), area.top(), area.bottom()));
}

QModelIndex SupervisionTreeView::indexAt(const QPoint& point) const {
    ensureLayout();
    const int box = m_boxes.layout().boxAt(point + QPoint{horizontalOffset(), verticalOffset()}, area());
    return box < 0 ? QModelIndex{} : m_boxes.indexOf(box);
}

int SupervisionTreeView::horizontalOffset() const {
    return horizontalScrollBar()->value();
}

int SupervisionTreeView::verticalOffset() const {
    return verticalScrollBar()->value();
}

bool SupervisionTreeView::isIndexHidden(const QModelIndex& index) const {
    ensureLayout();
    return m_boxes.boxOf(index) < 0;
}

void SupervisionTreeView::setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags flags) {
    const QModelIndex index = indexAt(rect.center());
    selectionModel()->select(index.isValid() ? QItemSelection{index, index} : QItemSelection{}, flags);
}

QRegion SupervisionTreeView::visualRegionForSelection(const QItemSelection& selection) const {
    QRegion region;
    for (const QModelIndex& index : selection.indexes())
        region += visualRect(index).adjusted(-2, -2, 2, 2);
    return region;
}

void SupervisionTreeView::updateGeometries() {
    QAbstractItemView::updateGeometries();
    const QSize page = viewport()->size();
    const QSize extent = m_boxes.layout().extent();
    horizontalScrollBar()->setPageStep(page.width());
    horizontalScrollBar()->setRange(0, std::max(0, extent.width() - page.width()));
    horizontalScrollBar()->setSingleStep(40);
    verticalScrollBar()->setPageStep(page.height());
    verticalScrollBar()->setRange(0, std::max(0, extent.height() - page.height()));
    verticalScrollBar()->setSingleStep(24);
}

/// Parents slide along their families: no part of the picture can be moved as it is.
void SupervisionTreeView::scrollContentsBy(int, int) {
    viewport()->update();
}

void SupervisionTreeView::resizeEvent(QResizeEvent* event) {
    QAbstractItemView::resizeEvent(event);
    layoutSoon();
}

void SupervisionTreeView::changeEvent(QEvent* event) {
    QAbstractItemView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        m_boxes.setFont(font());
        layoutSoon();
    }
}

void SupervisionTreeView::mousePressEvent(QMouseEvent* event) {
    ensureLayout();
    const QPoint point = event->position().toPoint() + QPoint{horizontalOffset(), verticalOffset()};
    const int box = event->button() == Qt::LeftButton ? m_boxes.knobAt(point, area()) : -1;
    if (box < 0)
        return QAbstractItemView::mousePressEvent(event);
    const QModelIndex index = m_boxes.indexOf(box);
    setCollapsed(index, !isCollapsed(index));
}

void SupervisionTreeView::mouseDoubleClickEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->position().toPoint());
    if (index.isValid() && event->button() == Qt::LeftButton)
        emit activated(index);
}

void SupervisionTreeView::keyPressEvent(QKeyEvent* event) {
    const QModelIndex index = currentIndex();
    if (event->key() == Qt::Key_Space && index.isValid() && model()->hasChildren(index))
        return setCollapsed(index, !isCollapsed(index));
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && index.isValid()) {
        emit activated(index);
        return;
    }
    const bool wasSelected = selectionModel()->isSelected(index);
    QAbstractItemView::keyPressEvent(event);
    // a key that leads to the current box finds it there and would not select it
    const bool leadsThere = event->key() >= Qt::Key_Home && event->key() <= Qt::Key_PageDown;
    if (leadsThere && index.isValid() && !wasSelected && currentIndex() == index)
        selectionModel()->select(index, QItemSelectionModel::ClearAndSelect);
}

QModelIndex SupervisionTreeView::moveCursor(CursorAction action, Qt::KeyboardModifiers) {
    ensureLayout();
    const QModelIndex from = currentIndex();
    if (m_boxes.count() == 0)
        return {};
    if (action == MoveEnd)
        return m_boxes.indexOf(m_boxes.count() - 1);
    if (!from.isValid() || action == MoveHome)
        return m_boxes.indexOf(0);
    switch (action) {
    case MoveLeft: return from.parent().isValid() ? from.parent() : from;
    case MoveRight: return !isCollapsed(from) && model()->hasChildren(from) ? model()->index(0, 0, from) : from;
    case MoveUp:
    case MovePrevious: return sibling(from, -1);
    case MoveDown:
    case MoveNext: return sibling(from, 1);
    case MovePageUp: return sibling(from, -10);
    case MovePageDown: return sibling(from, 10);
    default: return from;
    }
}

/// The box so many places further in the same column, whatever family it belongs to.
QModelIndex SupervisionTreeView::sibling(const QModelIndex& from, int step) const {
    const int box = m_boxes.boxOf(from);
    return box < 0 ? from : m_boxes.indexOf(m_boxes.layout().boxBelow(box, step));
}

void SupervisionTreeView::animate() {
    if (!m_glowEnd.hasExpired()) {
        viewport()->update();
        return;
    }
    m_animation.stop();
    for (const quint64 id : std::as_const(m_told)) // these tell their own pid alone again
        m_boxes.forgetWidth(id);
    m_told.clear();
    layoutSoon();
}

} // namespace fiberscope::widgets
