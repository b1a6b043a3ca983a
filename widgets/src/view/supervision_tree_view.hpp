// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/supervision_model.hpp"
#include "view/supervision_tree_boxes.hpp"

#include <QAbstractItemView>
#include <QDeadlineTimer>
#include <QSet>
#include <QTimer>

namespace fiberscope::widgets {

/// A supervision tree as Erlang's observer draws it: rounded boxes from left to right. Families fold by the knob at
/// their supervisor's right side; only boxes on the screen are painted. Arrow keys walk, Space folds, Enter activates.
/// A box whose child was restarted glows and tells the old and the new pid.
/// However much changes, the boxes are placed once before the next painting, and texts are shaped only of what is shown.
/// **Thread:** GUI thread.
class SupervisionTreeView : public QAbstractItemView {
    Q_OBJECT

public:
    explicit SupervisionTreeView(QWidget* parent = nullptr);

    void setModel(QAbstractItemModel* model) override;
    /// With pid, strategy and restarts under the names, or the names alone as in observer.
    void setDetailed(bool detailed);
    bool isDetailed() const { return m_boxes.isDetailed(); }
    /// Boxes that match are pointed out, the others fade. Empty: all alike.
    void setQuery(const SupervisionQuery& query);
    /// Unfolds the families in which these are.
    void unfold(const QModelIndexList& nodes);
    bool isCollapsed(const QModelIndex& index) const { return m_boxes.isCollapsed(index); }
    void setCollapsed(const QModelIndex& index, bool collapsed);
    void collapseAll();
    void expandAll();
    /// The nodes whose boxes can be seen.
    QModelIndexList visibleNodes() const;

    /// How often all boxes have been made anew.
    std::uint64_t layoutCount() const noexcept { return m_layoutCount; }

    QRect visualRect(const QModelIndex& index) const override;
    void scrollTo(const QModelIndex& index, ScrollHint hint = EnsureVisible) override;
    QModelIndex indexAt(const QPoint& point) const override;

public slots:
    void reset() override;
    void dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight, const QList<int>& roles = {}) override;

protected:
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    int horizontalOffset() const override;
    int verticalOffset() const override;
    bool isIndexHidden(const QModelIndex& index) const override;
    void setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags flags) override;
    QRegion visualRegionForSelection(const QItemSelection& selection) const override;
    void updateGeometries() override;
    void scrollContentsBy(int dx, int dy) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    const SupervisionModel& tree() const { return *m_tree; }
    /// What of the tree the viewport shows.
    QRect area() const;
    void layoutSoon();
    void ensureLayout() const;
    void paintLines(QPainter& painter) const;
    void paintBox(QPainter& painter, int box) const;
    void paintTexts(QPainter& painter, const QRect& rect, const QModelIndex& index, const QColor& color) const;
    void paintKnob(QPainter& painter, int box) const;
    void animate();
    QModelIndex sibling(const QModelIndex& from, int step) const;

    SupervisionModel* m_tree = nullptr; ///< not owned
    mutable SupervisionTreeBoxes m_boxes;
    mutable bool m_needsLayout = true;
    mutable std::uint64_t m_layoutCount = 0;
    SupervisionQuery m_query;
    QSet<quint64> m_told; ///< nodes that changed lately, and so may tell of a restart
    QTimer m_animation;
    QDeadlineTimer m_glowEnd; ///< when the last restart has been told long enough
};

} // namespace fiberscope::widgets
