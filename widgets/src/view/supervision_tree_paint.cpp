// SPDX-License-Identifier: GPL-3.0-or-later
/// How the boxes of a supervision tree look.
#include "view/chart_colors.hpp"
#include "view/supervision_tree_view.hpp"

#include <QPaintEvent>
#include <QPainter>

#include <algorithm>

namespace fiberscope::widgets {

namespace {

constexpr int cornerRadius = 6;
constexpr int knobRadius = 6;
constexpr float glowMs = 2500;
constexpr double fadedOpacity = 0.3;

struct BoxColors {
    QColor fill, border, text, faint, warning, warningFill, warningText, glow;

    explicit BoxColors(const QPalette& palette) {
        const QColor base = palette.color(QPalette::Base);
        const QColor ink = palette.color(QPalette::Text);
        // observer's grey boxes with their dark frame
        fill = isDark(palette) ? mixed(base, ink, 0.16F) : QColor{224, 220, 215};
        border = mixed(base, ink, isDark(palette) ? 0.5F : 0.7F);
        text = ink;
        faint = mixed(fill, ink, 0.68F);
        warning = isDark(palette) ? QColor{255, 150, 60} : QColor{200, 80, 0};
        warningFill = mixed(fill, warning, 0.22F);
        warningText = readableOn(warningFill, warning, textContrast);
        glow = isDark(palette) ? QColor{30, 120, 60} : QColor{140, 225, 160};
    }
};

} // namespace

void SupervisionTreeView::paintEvent(QPaintEvent* event) {
    ensureLayout();
    QPainter painter{viewport()};
    painter.setClipRect(event->rect());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(-horizontalOffset(), -verticalOffset());
    paintLines(painter);
    for (const int box : m_boxes.layout().boxesIn(area()))
        paintBox(painter, box);
}

void SupervisionTreeView::paintLines(QPainter& painter) const {
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen{BoxColors{palette()}.border, 1});
    const TreeLayout& layout = m_boxes.layout();
    const QRect view = area();
    const auto middle = [&](int box) { return layout.rectIn(box, view).center().y(); };
    for (const int parent : layout.parentsIn(view)) {
        const TreeLayout::Box& box = layout.boxes()[static_cast<std::size_t>(parent)];
        const int bus = layout.busX(parent);
        const int y = middle(parent);
        painter.drawLine(box.rect.right(), y, bus, y);
        painter.drawLine(bus, std::min(y, middle(box.firstChild)), bus, std::max(y, middle(box.lastChild)));
    }
    for (const int child : layout.boxesIn(view)) {
        const TreeLayout::Box& box = layout.boxes()[static_cast<std::size_t>(child)];
        if (box.parent >= 0)
            painter.drawLine(layout.busX(box.parent), middle(child), box.rect.left(), middle(child));
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
}

void SupervisionTreeView::paintBox(QPainter& painter, int box) const {
    const QModelIndex& index = m_boxes.indexOf(box);
    const SupervisionNode& node = tree().node(index);
    const QRect rect = m_boxes.layout().rectIn(box, area());
    const BoxColors colors{palette()};
    const bool isSelected = selectionModel()->isSelected(index);
    const bool isMissing = node.kind == SupervisionNode::Kind::more || !node.hasProcess();
    const bool isWarnedOf = node.isAboutToGiveUp();
    QColor fill = isMissing ? palette().color(QPalette::Base) : isWarnedOf ? colors.warningFill : colors.fill;
    if (isSelected)
        fill = palette().color(QPalette::Highlight);
    if (const auto restart = tree().recentRestart(index))
        fill = mixed(colors.glow, fill, std::min(1.0F, static_cast<float>(restart->ago.count()) / glowMs));
    QPen frame{isWarnedOf ? colors.warning : colors.border, isWarnedOf ? 2.2 : 1.3};
    if (isMissing)
        frame.setStyle(Qt::DashLine);
    else if (node.isSuspended)
        frame = QPen{colors.warning, 1.6, Qt::DotLine};
    painter.setOpacity(m_query.isEmpty() || m_query.matches(node) ? 1.0 : fadedOpacity);
    painter.setPen(frame);
    painter.setBrush(fill);
    painter.drawRoundedRect(QRectF{rect}.adjusted(0.5, 0.5, -0.5, -0.5), cornerRadius, cornerRadius);
    if (hasFocus() && index == currentIndex()) {
        painter.setPen(QPen{palette().color(QPalette::Highlight), 1.5});
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF{rect}.adjusted(-2.5, -2.5, 2.5, 2.5), cornerRadius + 3, cornerRadius + 3);
    }
    paintTexts(painter, rect, index, isSelected ? palette().color(QPalette::HighlightedText) : QColor{});
    painter.setOpacity(1);
    if (m_boxes.hasKnob(box))
        paintKnob(painter, box);
}

void SupervisionTreeView::paintTexts(QPainter& painter, const QRect& rect, const QModelIndex& index, const QColor& color) const {
    const SupervisionNode& node = tree().node(index);
    const BoxColors colors{palette()};
    const auto texts = m_boxes.textsOf(index);
    QRect line = rect.adjusted(SupervisionTreeBoxes::paddingX, SupervisionTreeBoxes::paddingY, -SupervisionTreeBoxes::paddingX,
                               -SupervisionTreeBoxes::paddingY);
    const auto draw = [&](const QString& text, const QFont& textFont, const QColor& own,
                          Qt::TextElideMode elided = Qt::ElideMiddle) {
        if (text.isEmpty())
            return;
        const QFontMetrics metrics{textFont};
        line.setHeight(metrics.height());
        painter.setFont(textFont);
        painter.setPen(color.isValid() ? color : own);
        painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(text, elided, line.width()));
        line.translate(0, metrics.height());
    };
    draw(texts.title, m_boxes.titleFont(node), node.hasProcess() ? colors.text : colors.faint);
    draw(texts.identity, font(), node.isSuspended ? colors.warningText : colors.faint);
    draw(texts.usage, font(), node.isAboutToGiveUp() ? colors.warningText : colors.faint);
    draw(texts.restarts, font(), colors.faint);
    draw(texts.lastExit, font(), colors.faint, Qt::ElideRight);
}

void SupervisionTreeView::paintKnob(QPainter& painter, int box) const {
    const BoxColors colors{palette()};
    const QPointF middle = QRectF{m_boxes.knobIn(box, area())}.center();
    painter.setPen(QPen{colors.border, 1.2});
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawEllipse(middle, knobRadius, knobRadius);
    painter.drawLine(middle - QPointF{3, 0}, middle + QPointF{3, 0});
    if (isCollapsed(m_boxes.indexOf(box)))
        painter.drawLine(middle - QPointF{0, 3}, middle + QPointF{0, 3});
}

} // namespace fiberscope::widgets
