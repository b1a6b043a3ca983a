// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/supervision_model.hpp"
#include "view/tree_layout.hpp"

#include <QFont>
#include <QHash>
#include <QSet>

#include <vector>

namespace fiberscope::widgets {

/// The boxes of a supervision tree: which nodes have one, what stands in it and where it stands. Texts are shaped only of
/// boxes that a view shows; a column is as wide as the widest of those that have been shown.
/// **Thread:** GUI thread. **Cost:** `update` is linear in the boxes.
class SupervisionTreeBoxes {
public:
    /// Between the frame of a box and its texts, in pixels.
    static constexpr int paddingX = 10;
    static constexpr int paddingY = 5;

    struct Texts {
        QString title, identity, usage, restarts, lastExit;
    };

    void setModel(const SupervisionModel* model) { m_model = model; }
    void setFont(const QFont& font);
    /// With pid, strategy and restarts under the names, or the names alone.
    void setDetailed(bool detailed);
    bool isDetailed() const { return m_isDetailed; }

    bool isCollapsed(const QModelIndex& index) const { return m_collapsed.contains(m_model->idOf(index)); }
    void setCollapsed(const QModelIndex& index, bool collapsed);
    void collapseAll();
    void expandAll() { m_collapsed.clear(); }

    /// The texts of a node have changed.
    void forgetWidth(quint64 id) { m_widths.remove(id); }
    void forgetWidths() { m_widths.clear(); }
    /// Makes and places the boxes anew.
    void update(int viewHeight);
    /// Shapes the texts of the boxes that a view shows; true: some stand elsewhere now.
    bool shape(const QRect& view);

    const TreeLayout& layout() const { return m_layout; }
    const QModelIndex& indexOf(int box) const { return m_indexes[static_cast<std::size_t>(box)]; }
    /// -1: it has none, as it is in a folded family.
    int boxOf(const QModelIndex& index) const;
    int count() const { return static_cast<int>(m_indexes.size()); }

    Texts textsOf(const QModelIndex& index) const;
    QFont titleFont(const SupervisionNode& node) const;
    const QFont& font() const { return m_font; }
    bool hasKnob(int box) const;
    /// Where a view of this area shows it.
    QRect knobIn(int box, const QRect& view) const;
    /// The box whose knob is at a point; -1: none.
    int knobAt(QPoint point, const QRect& view) const;

private:
    void addBoxes(const QModelIndex& index, int parentBox);
    QString restartRoom(const SupervisionNode& node) const;
    int widthOf(const QModelIndex& index) const;
    int heightOf(const QModelIndex& index) const;

    const SupervisionModel* m_model = nullptr; ///< not owned
    QFont m_font;
    bool m_isDetailed = true;
    int m_viewHeight = 0;
    int m_titleHeight = 0;
    int m_lineHeight = 0;
    TreeLayout m_layout;
    std::vector<QModelIndex> m_indexes; ///< of each box
    QHash<quint64, int> m_boxes;        ///< box of each node id
    QHash<quint64, int> m_widths;       ///< of each node id whose box was shown, until its texts change
    QSet<quint64> m_collapsed;          ///< node ids
};

} // namespace fiberscope::widgets
