// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/supervision_tree_boxes.hpp"

#include "model/text_format.hpp"

#include <QFontMetrics>

#include <algorithm>

namespace fiberscope::widgets {

namespace {
constexpr int widestText = 360;
/// An exit reason may be long, and stands whole in the tooltip.
constexpr int widestExit = 260;
/// Of a box whose texts were never shown.
constexpr int unknownWidth = 60;
constexpr int knobSize = 13;
/// What is farther than this from a box's knob is no click on it.
constexpr int knobReach = 3;
} // namespace

void SupervisionTreeBoxes::setFont(const QFont& font) {
    m_font = font;
    m_lineHeight = QFontMetrics{font}.height();
    QFont bold = font;
    bold.setBold(true);
    m_titleHeight = std::max(m_lineHeight, QFontMetrics{bold}.height());
    forgetWidths();
}

void SupervisionTreeBoxes::setDetailed(bool detailed) {
    m_isDetailed = detailed;
    forgetWidths();
}

void SupervisionTreeBoxes::setCollapsed(const QModelIndex& index, bool collapsed) {
    if (collapsed)
        m_collapsed.insert(m_model->idOf(index));
    else
        m_collapsed.remove(m_model->idOf(index));
}

void SupervisionTreeBoxes::collapseAll() {
    for (int box = 0; box < count(); ++box)
        if (hasKnob(box))
            m_collapsed.insert(m_model->idOf(indexOf(box)));
}

void SupervisionTreeBoxes::update(int viewHeight) {
    m_viewHeight = viewHeight;
    m_layout.clear();
    m_indexes.clear();
    const auto before = m_boxes.size();
    m_boxes.clear();
    m_boxes.reserve(before);
    for (int row = 0; row < m_model->rowCount(); ++row)
        addBoxes(m_model->index(row, 0), -1);
    m_widths.removeIf([this](const auto entry) { return !m_boxes.contains(entry.key()); });
    m_layout.place(viewHeight);
}

void SupervisionTreeBoxes::addBoxes(const QModelIndex& index, int parentBox) {
    const quint64 id = m_model->idOf(index);
    const auto box = static_cast<int>(m_layout.add(parentBox, {m_widths.value(id, unknownWidth), heightOf(index)}));
    m_indexes.push_back(index);
    m_boxes.insert(id, box);
    if (m_collapsed.contains(id))
        return;
    for (int row = 0; row < m_model->rowCount(index); ++row)
        addBoxes(m_model->index(row, 0, index), box);
}

bool SupervisionTreeBoxes::shape(const QRect& view) {
    bool isMoved = false;
    for (bool isNew = true; isNew;) {
        isNew = false;
        for (const int box : m_layout.boxesIn(view)) {
            const quint64 id = m_model->idOf(indexOf(box));
            if (m_widths.contains(id))
                continue;
            isNew = true;
            m_layout.setWidth(box, *m_widths.insert(id, widthOf(indexOf(box))));
        }
        if (isNew)
            m_layout.place(m_viewHeight);
        isMoved = isMoved || isNew;
    }
    return isMoved;
}

int SupervisionTreeBoxes::boxOf(const QModelIndex& index) const {
    return index.isValid() ? m_boxes.value(m_model->idOf(index), -1) : -1;
}

SupervisionTreeBoxes::Texts SupervisionTreeBoxes::textsOf(const QModelIndex& index) const {
    const SupervisionNode& node = m_model->node(index);
    if (!m_isDetailed)
        return {node.title(), {}, {}, {}, {}};
    Texts texts{node.title(), node.identity(), node.usage(), node.restartsMade(), node.lastExit()};
    if (const auto restart = m_model->recentRestart(index); restart && node.hasProcess())
        texts.identity = QStringLiteral("%1 → %2").arg(pidText(restart->oldPid), pidText(node.pid));
    return texts;
}

QFont SupervisionTreeBoxes::titleFont(const SupervisionNode& node) const {
    QFont bold = m_font;
    bold.setBold(m_isDetailed && node.kind != SupervisionNode::Kind::more);
    return bold;
}

/// What the identity of a child grows to for a moment when it is restarted: boxes have room for it at any time, or the tree
/// would move to and fro at each restart.
QString SupervisionTreeBoxes::restartRoom(const SupervisionNode& node) const {
    const bool mayBeRestarted = m_isDetailed && node.child && node.child->restart != fiberscope::RestartType::temporary;
    return mayBeRestarted && node.pid ? QStringLiteral("%1 → %1").arg(pidText(node.pid)) : QString{};
}

int SupervisionTreeBoxes::widthOf(const QModelIndex& index) const {
    const Texts texts = textsOf(index);
    const QFontMetrics plain{m_font};
    int width = std::min(QFontMetrics{titleFont(m_model->node(index))}.horizontalAdvance(texts.title), widestText);
    for (const QString& line : {texts.identity, texts.usage, texts.restarts, restartRoom(m_model->node(index))})
        width = std::max(width, std::min(plain.horizontalAdvance(line), widestText));
    width = std::max(width, std::min(plain.horizontalAdvance(texts.lastExit), widestExit));
    // a rectangle of exactly the text's width elides it
    return width + 2 * paddingX + 2;
}

/// Without making the texts: there may be a hundred thousand boxes.
int SupervisionTreeBoxes::heightOf(const QModelIndex& index) const {
    const SupervisionNode& node = m_model->node(index);
    const int lines = m_isDetailed ? node.lineCount() : 0;
    return m_titleHeight + lines * m_lineHeight + 2 * paddingY;
}

bool SupervisionTreeBoxes::hasKnob(int box) const {
    return m_layout.boxes()[static_cast<std::size_t>(box)].parent >= 0 && m_model->rowCount(indexOf(box)) > 0;
}

QRect SupervisionTreeBoxes::knobIn(int box, const QRect& view) const {
    const QRect rect = m_layout.rectIn(box, view);
    return {rect.right() - knobSize / 2, rect.center().y() - knobSize / 2, knobSize, knobSize};
}

int SupervisionTreeBoxes::knobAt(QPoint point, const QRect& view) const {
    for (const int box : m_layout.boxesIn(view))
        if (hasKnob(box) && knobIn(box, view).adjusted(-knobReach, -knobReach, knobReach, knobReach).contains(point))
            return box;
    return -1;
}

} // namespace fiberscope::widgets
