// SPDX-License-Identifier: GPL-3.0-or-later
/// The mouse over a chart: values under it, going back in time; and the chart on paper.
#include "model/number_text.hpp"
#include "view/chart.hpp"
#include "view/chart_colors.hpp"
#include "view/chart_legend.hpp"
#include "view/chart_marks.hpp"
#include "view/chart_scale.hpp"

#include <QEvent>
#include <QLabel>
#include <QMouseEvent>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace fiberscope::widgets {

namespace {
constexpr double shortestRange = 2;
constexpr int rowsPerColumn = 16;
/// A narrower chart has no room for more than its title; the wide one above it tells.
constexpr int hintWidth = 480;
} // namespace

void Chart::connectMouse() {
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->axisRect()->setRangeDrag(Qt::Horizontal);
    m_plot->axisRect()->setRangeZoom(Qt::Horizontal);
    m_plot->installEventFilter(this);
    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        m_mouse = event->pos();
        updateHover();
        m_plot->layer(QStringLiteral("overlay"))->replot();
    });
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, [this] {
        showLive();
        emit liveChosen();
    });
    connect(m_plot->xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, &Chart::chooseRange);
}

bool Chart::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Leave) {
        m_mouse = QPoint{-1, -1};
        updateHover();
        m_plot->layer(QStringLiteral("overlay"))->replot();
    }
    return QWidget::eventFilter(watched, event);
}

void Chart::chooseRange(const QCPRange& range) {
    if (m_isSettingRange)
        return;
    const double longest = static_cast<double>(LoadHistory::maxLength.count());
    const double size = std::clamp(range.size(), shortestRange, longest);
    double from = std::max(range.center() - size / 2, m_edge - longest);
    const double to = std::min(from + size, m_edge);
    from = to - size;
    showRange(from, to);
    emit rangeChosen(from, to);
}

void Chart::showRange(double from, double to) {
    m_isLive = false;
    m_hasNews = true;
    m_liveHint->setVisible(width() >= hintWidth);
    setTimeRange(from, to);
    fitValueAxis();
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void Chart::showLive() {
    if (m_isLive)
        return;
    m_isLive = true;
    m_hasNews = true;
    m_liveHint->hide();
    redraw(m_edge);
}

void Chart::updateHover() {
    const bool isInside = m_plot->axisRect()->rect().contains(m_mouse) && !m_lines.empty();
    const double at = m_plot->xAxis->pixelToCoord(m_mouse.x());
    const QString text = isInside ? hoverText(at) : QString{};
    m_cursor->setVisible(!text.isEmpty());
    m_hoverLabel->setVisible(!text.isEmpty());
    if (text.isEmpty())
        return;
    m_cursor->point1->setCoords(at, 0);
    m_cursor->point2->setCoords(at, 1);
    m_hoverLabel->setText(text);
    placeHoverLabel();
}

QString Chart::hoverText(double at) const {
    const auto points = m_lines.front().graph->data();
    const auto here = points->findBegin(at, false);
    const bool isNearData = here != points->constEnd() && (here != points->constBegin() || here->key - at < 1);
    const QString marks = m_marks->htmlAt(at);
    if (!isNearData && marks.isEmpty())
        return {};
    QStringList cells;
    for (const Line& line : m_lines) {
        const auto point = line.graph->data()->findBegin(at, false);
        if (!isNearData || !line.graph->visible() || point == line.graph->data()->constEnd() || std::isnan(point->value))
            continue;
        cells.append(QStringLiteral("<td style='padding-right:6px'><b style='color:%1'>%2</b></td><td align='right' "
                                    "style='padding-right:10px'>%3</td>")
                         .arg(readableOn(palette().color(QPalette::ToolTipBase), line.graph->pen().color(), textContrast).name(),
                              line.name.toHtmlEscaped(),
                              m_valueText ? m_valueText(point->value) : QString::number(point->value)));
    }
    const auto columns = std::max<qsizetype>(1, (cells.size() + rowsPerColumn - 1) / rowsPerColumn);
    QString rows;
    for (qsizetype i = 0; i < cells.size(); ++i)
        rows += (i % columns == 0 ? QStringLiteral("<tr>") : QString{}) + cells[i];
    const auto clock =
        m_clockOrigin + std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>{at});
    QString text = QStringLiteral("<span>%1</span><table cellspacing='0'>%2</table>").arg(clockText(clock).chopped(2), rows);
    if (!marks.isEmpty())
        text += QStringLiteral("<div>%1</div>").arg(marks);
    return text;
}

void Chart::placeHoverLabel() {
    m_hoverLabel->setWordWrap(false);
    m_hoverLabel->adjustSize();
    const QRect area = m_plot->rect();
    QPoint position = m_mouse + QPoint{14, 10};
    if (position.x() + m_hoverLabel->width() > area.right())
        position.setX(m_mouse.x() - 14 - m_hoverLabel->width());
    position.setX(std::clamp(position.x(), 0, std::max(0, area.right() - m_hoverLabel->width())));
    position.setY(std::clamp(position.y(), 0, std::max(0, area.bottom() - m_hoverLabel->height())));
    m_hoverLabel->move(position);
}

void Chart::drawOn(QCPPainter& painter, const QRect& rect, const QPalette& palette) {
    applyColors(palette);
    painter.save();
    painter.translate(rect.topLeft());
    const QColor ink = palette.color(QPalette::WindowText);
    painter.setFont(m_titleLabel->font());
    painter.setPen(ink);
    const int titleHeight = m_plot->y();
    painter.drawText(QRect{m_titleLabel->x(), 0, rect.width(), titleHeight}, Qt::AlignLeft | Qt::AlignVCenter, m_title);
    painter.translate(0, titleHeight);
    m_plot->toPainter(&painter, m_plot->width(), m_plot->height());
    painter.translate(0, -titleHeight);
    for (const ChartLegend* legend : {m_legend, m_markLegend}) {
        if (legend == nullptr)
            continue;
        painter.save();
        painter.translate(legend->pos());
        legend->drawOn(painter, legend->width(), ink);
        painter.restore();
    }
    painter.restore();
    applyColors(this->palette());
}

} // namespace fiberscope::widgets
