// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chart_legend.hpp"

#include "view/chart_colors.hpp"

#include <QFontMetrics>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace fiberscope::widgets {

namespace {
constexpr int horizontalGap = 3;
constexpr int padding = 4;
} // namespace

ChartLegend::ChartLegend(QWidget* parent) : QWidget{parent} {
    setMouseTracking(true);
    setFocusPolicy(Qt::TabFocus);
    QSizePolicy policy{QSizePolicy::Preferred, QSizePolicy::Fixed};
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setToolTip(tr("Click a name to hide or show its line; double-click to show it alone"));
    setAccessibleName(tr("Legend"));
}

void ChartLegend::setCaption(const QString& caption) {
    m_caption = caption;
    place();
}

void ChartLegend::addEntry(const QString& name, const QColor& color) {
    m_entries.append(Entry{name, color, true, {}});
    place();
}

void ChartLegend::setColor(int index, const QColor& color) {
    m_entries[index].color = color;
    update();
}

void ChartLegend::setShown(int index, bool shown) {
    if (m_entries[index].shown == shown)
        return;
    m_entries[index].shown = shown;
    update();
    emit shownChanged(index, shown);
}

QFont ChartLegend::boldFont() const {
    QFont bold = font();
    bold.setBold(true);
    return bold;
}

int ChartLegend::captionWidth() const {
    return m_caption.isEmpty() ? 0 : QFontMetrics{boldFont()}.horizontalAdvance(m_caption) + 2 * padding;
}

int ChartLegend::flow(int width, QList<QRect>& rects, Entries which) const {
    const QFontMetrics metrics{boldFont()};
    const int rowHeight = metrics.height() + padding;
    int x = captionWidth();
    int y = 0;
    for (const Entry& entry : m_entries) {
        if (which == Entries::shown && !entry.shown) {
            rects.append(QRect{});
            continue;
        }
        const int entryWidth = metrics.horizontalAdvance(entry.name) + 2 * padding;
        if (x > 0 && x + entryWidth > width) {
            x = 0;
            y += rowHeight;
        }
        rects.append(QRect{x, y, entryWidth, rowHeight});
        x += entryWidth + horizontalGap;
    }
    return y + rowHeight;
}

void ChartLegend::place() {
    QList<QRect> rects;
    flow(width(), rects);
    for (qsizetype i = 0; i < rects.size(); ++i)
        m_entries[i].rect = rects[i];
    updateGeometry();
    update();
}

int ChartLegend::heightForWidth(int width) const {
    QList<QRect> rects;
    return flow(width, rects);
}

int ChartLegend::rowWidth() const {
    const QFontMetrics metrics{boldFont()};
    int width = captionWidth();
    for (const Entry& entry : m_entries)
        width += metrics.horizontalAdvance(entry.name) + 2 * padding + horizontalGap;
    return width;
}

QSize ChartLegend::sizeHint() const {
    return {200, heightForWidth(std::max(width(), 200))};
}

void ChartLegend::paintEvent(QPaintEvent*) {
    QPainter painter{this};
    painter.setFont(boldFont());
    if (!m_caption.isEmpty() && !m_entries.isEmpty())
        painter.drawText(QRect{0, 0, width(), m_entries.front().rect.height()}, Qt::AlignLeft | Qt::AlignVCenter, m_caption);
    for (int i = 0; i < entryCount(); ++i) {
        const Entry& entry = m_entries[i];
        const bool isMarked = i == m_hovered || (hasFocus() && i == m_current);
        if (isMarked)
            painter.fillRect(entry.rect, palette().color(QPalette::AlternateBase));
        QFont font = boldFont();
        font.setStrikeOut(!entry.shown);
        painter.setFont(font);
        const QColor ground = palette().color(QPalette::Window);
        painter.setPen(entry.shown ? readableOn(ground, entry.color, textContrast) : faintColor(palette()));
        painter.drawText(entry.rect, Qt::AlignCenter, entry.name);
    }
}

void ChartLegend::drawOn(QPainter& painter, int width, const QColor& ink) const {
    QList<QRect> rects;
    flow(width, rects, Entries::shown);
    painter.setFont(boldFont());
    painter.setPen(ink);
    painter.drawText(QRect{0, 0, captionWidth(), QFontMetrics{boldFont()}.height() + padding}, Qt::AlignLeft | Qt::AlignVCenter,
                     m_caption);
    for (int i = 0; i < entryCount(); ++i) {
        painter.setPen(m_entries[i].color);
        painter.drawText(rects[i], Qt::AlignCenter | Qt::TextDontClip, isShown(i) ? m_entries[i].name : QString{});
    }
}

void ChartLegend::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    place();
}

void ChartLegend::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        place();
}

int ChartLegend::entryAt(QPoint position) const {
    for (int i = 0; i < entryCount(); ++i)
        if (m_entries[i].rect.contains(position))
            return i;
    return -1;
}

void ChartLegend::mousePressEvent(QMouseEvent* event) {
    const int index = entryAt(event->position().toPoint());
    if (index >= 0 && event->button() == Qt::LeftButton)
        setShown(index, !isShown(index));
}

void ChartLegend::mouseDoubleClickEvent(QMouseEvent* event) {
    const int index = entryAt(event->position().toPoint());
    if (index >= 0)
        showAlone(index);
}

void ChartLegend::showAlone(int index) {
    const auto others = [&](bool shown) {
        for (int i = 0; i < entryCount(); ++i)
            if (i != index)
                setShown(i, shown);
    };
    const bool isAloneAlready = std::none_of(m_entries.begin(), m_entries.end(),
                                             [&](const Entry& entry) { return entry.shown && &entry != &m_entries[index]; });
    others(isAloneAlready);
    setShown(index, true);
}

void ChartLegend::mouseMoveEvent(QMouseEvent* event) {
    setHovered(entryAt(event->position().toPoint()));
}

void ChartLegend::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    setHovered(-1);
}

void ChartLegend::setHovered(int index) {
    if (m_hovered == index)
        return;
    m_hovered = index;
    setCursor(index >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    update();
    emit hovered(index);
}

void ChartLegend::keyPressEvent(QKeyEvent* event) {
    if (m_entries.isEmpty())
        return QWidget::keyPressEvent(event);
    if (event->key() == Qt::Key_Right)
        m_current = std::min(m_current + 1, entryCount() - 1);
    else if (event->key() == Qt::Key_Left)
        m_current = std::max(m_current - 1, 0);
    else if (event->key() == Qt::Key_Space && m_current >= 0)
        setShown(m_current, !isShown(m_current));
    else
        return QWidget::keyPressEvent(event);
    update();
}

void ChartLegend::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

} // namespace fiberscope::widgets
