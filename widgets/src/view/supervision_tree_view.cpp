// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/supervision_tree_view.hpp"

#include "model/text_format.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>

#include <algorithm>

namespace fiberscope::widgets {

namespace {
constexpr int paddingX = 10;
constexpr int paddingY = 5;
constexpr int widestText = 360;
/// An exit reason may be long, and stands whole in the tooltip.
constexpr int widestHistory = 220;
constexpr int knobSize = 13;
constexpr std::chrono::milliseconds frameTime{50};
} // namespace

SupervisionTreeView::SupervisionTreeView(QWidget* parent) : QAbstractItemView{parent} {
    setSelectionMode(SingleSelection);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    viewport()->setBackgroundRole(QPalette::Base);
    m_animation.setInterval(frameTime);
    connect(&m_animation, &QTimer::timeout, this, &SupervisionTreeView::animate);
}

void SupervisionTreeView::setModel(QAbstractItemModel* model) {
    QAbstractItemView::setModel(model);
    m_tree = qobject_cast<SupervisionModel*>(model);
    for (auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(model, signal, this, &SupervisionTreeView::layoutSoon);
    connect(model, &QAbstractItemModel::rowsMoved, this, &SupervisionTreeView::layoutSoon);
    layoutSoon();
}

void SupervisionTreeView::setDetailed(bool detailed) {
    m_isDetailed = detailed;
    layoutSoonMeasuringAll();
}

void SupervisionTreeView::setFound(const QModelIndexList& found) {
    m_found.clear();
    for (const QModelIndex& index : found) {
        m_found.insert(idOf(index));
        for (QModelIndex parent = index.parent(); parent.isValid(); parent = parent.parent())
            setCollapsed(parent, false);
    }
    viewport()->update();
}

quint64 SupervisionTreeView::idOf(const QModelIndex& index) const {
    return index.data(SupervisionModel::NodeIdRole).toULongLong();
}

bool SupervisionTreeView::isCollapsed(const QModelIndex& index) const {
    return m_collapsed.contains(idOf(index));
}

void SupervisionTreeView::setCollapsed(const QModelIndex& index, bool collapsed) {
    if (collapsed == isCollapsed(index))
        return;
    if (collapsed)
        m_collapsed.insert(idOf(index));
    else
        m_collapsed.remove(idOf(index));
    layoutSoon();
}

void SupervisionTreeView::collapseAll() {
    ensureLayout();
    for (const QModelIndex& index : std::as_const(m_indexes))
        if (index.parent().isValid() && model()->hasChildren(index))
            m_collapsed.insert(idOf(index));
    layoutSoon();
}

void SupervisionTreeView::expandAll() {
    m_collapsed.clear();
    layoutSoon();
}

void SupervisionTreeView::reset() {
    QAbstractItemView::reset();
    m_found.clear();
    layoutSoonMeasuringAll();
}

/// Not the base class's: it asks where the changed box is, and so would have all boxes placed again for each change.
void SupervisionTreeView::dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight, const QList<int>&) {
    for (int row = topLeft.row(); row <= bottomRight.row(); ++row) {
        const quint64 id = idOf(topLeft.siblingAtRow(row));
        m_sizes.remove(id);
        m_told.insert(id);
    }
    m_glowEnd.setRemainingTime(SupervisionModel::restartShown);
    m_animation.start();
    layoutSoon();
}

void SupervisionTreeView::layoutSoonMeasuringAll() {
    m_sizes.clear();
    layoutSoon();
}

void SupervisionTreeView::layoutSoon() {
    m_needsLayout = true;
    viewport()->update();
}

SupervisionTreeView::Texts SupervisionTreeView::textsOf(const QModelIndex& index) const {
    const SupervisionNode& node = tree().node(index);
    if (!m_isDetailed)
        return {node.title(), {}, {}, {}};
    Texts texts{node.title(), node.identity(), node.usage(), node.history()};
    if (const auto restart = tree().recentRestart(index); restart && node.hasProcess())
        texts.identity = QStringLiteral("%1 → %2").arg(pidText(restart->oldPid), pidText(node.pid));
    return texts;
}

QFont SupervisionTreeView::titleFont(const SupervisionNode& node) const {
    QFont bold = font();
    bold.setBold(m_isDetailed && node.kind != SupervisionNode::Kind::more);
    return bold;
}

QSize SupervisionTreeView::boxSize(const QModelIndex& index) const {
    const quint64 id = idOf(index);
    auto known = m_sizes.constFind(id);
    if (known == m_sizes.constEnd())
        known = m_sizes.insert(id, measured(index));
    return *known;
}

QSize SupervisionTreeView::measured(const QModelIndex& index) const {
    const Texts texts = textsOf(index);
    const QFontMetrics bold{titleFont(tree().node(index))};
    const QFontMetrics plain{font()};
    int width = std::min(bold.horizontalAdvance(texts.title), widestText);
    int height = bold.height();
    const auto add = [&](const QString& line, int widest) {
        if (line.isEmpty())
            return;
        width = std::max(width, std::min(plain.horizontalAdvance(line), widest));
        height += plain.height();
    };
    add(texts.identity, widestText);
    add(texts.usage, widestText);
    add(texts.history, widestHistory);
    // a rectangle of exactly the text's width elides it
    return {width + 2 * paddingX + 2, height + 2 * paddingY};
}

void SupervisionTreeView::ensureLayout() const {
    if (!m_needsLayout || m_tree == nullptr)
        return;
    m_needsLayout = false;
    ++m_layoutCount;
    m_layout.clear();
    m_indexes.clear();
    m_boxes.clear();
    for (int row = 0; row < m_tree->rowCount(); ++row)
        addBoxes(m_tree->index(row, 0), -1);
    if (m_sizes.size() > 2 * m_boxes.size() + 1000)
        m_sizes.clear(); // most are of nodes that are gone
    m_layout.place(viewport()->height());
    const_cast<SupervisionTreeView*>(this)->updateGeometries();
}

void SupervisionTreeView::addBoxes(const QModelIndex& index, int parentBox) const {
    const auto box = static_cast<int>(m_layout.add(parentBox, boxSize(index)));
    const quint64 id = idOf(index);
    m_indexes.append(index);
    m_boxes.insert(id, box);
    if (m_collapsed.contains(id))
        return;
    for (int row = 0; row < m_tree->rowCount(index); ++row)
        addBoxes(m_tree->index(row, 0, index), box);
}

bool SupervisionTreeView::hasKnob(int box) const {
    const QModelIndex& index = m_indexes[box];
    return index.parent().isValid() && m_tree->rowCount(index) > 0;
}

QRect SupervisionTreeView::knobRect(int box) const {
    const QRect rect = m_layout.boxes()[static_cast<std::size_t>(box)].rect;
    return {rect.right() - knobSize / 2, rect.center().y() - knobSize / 2, knobSize, knobSize};
}

QRect SupervisionTreeView::visualRect(const QModelIndex& index) const {
    ensureLayout();
    const auto box = m_boxes.find(idOf(index));
    if (!index.isValid() || box == m_boxes.end())
        return {};
    return m_layout.boxes()[static_cast<std::size_t>(*box)].rect.translated(-horizontalOffset(), -verticalOffset());
}

void SupervisionTreeView::scrollTo(const QModelIndex& index, ScrollHint hint) {
    const QRect rect =
        visualRect(index).adjusted(-TreeLayout::margin, -TreeLayout::margin, TreeLayout::margin, TreeLayout::margin);
    const QRect area = viewport()->rect();
    if (!index.isValid() || (hint == EnsureVisible && area.contains(rect)))
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
    const int box = m_layout.boxAt(point + QPoint{horizontalOffset(), verticalOffset()});
    return box < 0 ? QModelIndex{} : m_indexes[box];
}

int SupervisionTreeView::horizontalOffset() const {
    return horizontalScrollBar()->value();
}

int SupervisionTreeView::verticalOffset() const {
    return verticalScrollBar()->value();
}

bool SupervisionTreeView::isIndexHidden(const QModelIndex& index) const {
    ensureLayout();
    return !m_boxes.contains(idOf(index));
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
    const QSize extent = m_layout.extent();
    horizontalScrollBar()->setPageStep(page.width());
    horizontalScrollBar()->setRange(0, std::max(0, extent.width() - page.width()));
    horizontalScrollBar()->setSingleStep(40);
    verticalScrollBar()->setPageStep(page.height());
    verticalScrollBar()->setRange(0, std::max(0, extent.height() - page.height()));
    verticalScrollBar()->setSingleStep(24);
}

void SupervisionTreeView::resizeEvent(QResizeEvent* event) {
    QAbstractItemView::resizeEvent(event);
    layoutSoon();
}

void SupervisionTreeView::changeEvent(QEvent* event) {
    QAbstractItemView::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        layoutSoonMeasuringAll();
}

void SupervisionTreeView::mousePressEvent(QMouseEvent* event) {
    ensureLayout();
    const QPoint point = event->position().toPoint() + QPoint{horizontalOffset(), verticalOffset()};
    for (int box = 0; event->button() == Qt::LeftButton && box < m_indexes.size(); ++box)
        if (knobRect(box).adjusted(-3, -3, 3, 3).contains(point) && hasKnob(box))
            return setCollapsed(m_indexes[box], !isCollapsed(m_indexes[box]));
    QAbstractItemView::mousePressEvent(event);
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
    if (m_indexes.isEmpty())
        return {};
    if (action == MoveEnd)
        return m_indexes.back();
    if (!from.isValid() || action == MoveHome)
        return m_indexes.front();
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
    const auto& boxes = m_layout.boxes();
    const auto at = m_boxes.find(idOf(from));
    if (at == m_boxes.end())
        return from;
    QModelIndex result = from;
    const int left = boxes[static_cast<std::size_t>(*at)].rect.left();
    for (int box = *at; step != 0 && box >= 0 && box<m_indexes.size(); box += step> 0 ? 1 : -1) {
        if (box == *at || boxes[static_cast<std::size_t>(box)].rect.left() != left)
            continue;
        result = m_indexes[box];
        step += step > 0 ? -1 : 1;
    }
    return result;
}

void SupervisionTreeView::animate() {
    if (!m_glowEnd.hasExpired()) {
        viewport()->update();
        return;
    }
    m_animation.stop();
    for (const quint64 id : std::as_const(m_told)) // these tell their own pid alone again
        m_sizes.remove(id);
    m_told.clear();
    layoutSoon();
}

} // namespace fiberscope::widgets
