// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chart.hpp"

#include "view/chart_colors.hpp"
#include "view/chart_legend.hpp"
#include "view/chart_marks.hpp"
#include "view/chart_scale.hpp"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace fiberscope::widgets {

namespace {
constexpr double lineWidth = 1.3;
constexpr double emphasizedWidth = 2.6;
constexpr double headRoom = 1.03;
/// The outermost time labels reach beyond the frame, the number of a mark at the right edge, too.
constexpr int leftMargin = 20;
constexpr int rightMargin = 36;
} // namespace

Chart::Chart(const QString& title, Form form, QWidget* parent)
    : QWidget{parent}, m_form{form}, m_title{title}, m_plot{new QCustomPlot{this}},
      m_marks{std::make_unique<ChartMarks>(*m_plot)}, m_timeTicker{new QCPAxisTickerText}, m_valueTicker{new QCPAxisTickerText} {
    setAccessibleName(title);
    setAccessibleDescription(tr("Chart of the last minutes, now at the right"));
    buildPlot(form);
    buildFrame(form);
    buildOverlay();
    if (form == Form::full)
        connectMouse();
    else
        m_plot->setAttribute(Qt::WA_TransparentForMouseEvents);
    applyColors(palette());
}

Chart::~Chart() = default;

void Chart::buildPlot(Form form) {
    m_plot->setObjectName(QStringLiteral("plot"));
    m_plot->setNotAntialiasedElements(QCP::aeAxes | QCP::aeGrid | QCP::aeItems);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->setPlottingHint(QCP::phFastPolylines);
    QCPAxisRect* rect = m_plot->axisRect();
    rect->setupFullAxesBox(false);
    for (QCPAxis* axis : {rect->axis(QCPAxis::atTop), rect->axis(QCPAxis::atRight)}) {
        axis->setTicks(false);
        axis->setTickLabels(false);
    }
    m_plot->yAxis2->setRange(0, 1);
    m_plot->xAxis->setTicker(m_timeTicker);
    m_plot->yAxis->setTicker(m_valueTicker);
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setSubTicks(false);
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    m_plot->setMinimumHeight(form == Form::full ? 110 : 48);
    setAxesLabelled(form == Form::full);
}

void Chart::setAxesLabelled(bool labelled) {
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setTickLength(0, labelled ? 4 : 0);
        axis->setTickLabels(labelled);
    }
    QCPAxisRect* rect = m_plot->axisRect();
    rect->setAutoMargins(labelled ? QCP::msAll : QCP::msNone);
    if (labelled)
        rect->setMinimumMargins(QMargins{leftMargin, 10, rightMargin, 0});
    else
        rect->setMargins(QMargins{1, 1, 1, 1});
}

void Chart::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    constexpr QSize enough{200, 120};
    if (m_form == Form::compact)
        setAxesLabelled(width() >= enough.width() && height() >= enough.height());
}

void Chart::buildFrame(Form form) {
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    if (form == Form::full) {
        auto* titleRow = new QHBoxLayout;
        titleRow->setContentsMargins(leftMargin, 0, rightMargin, 0);
        m_titleLabel = new QLabel{m_title};
        QFont bold = m_titleLabel->font();
        bold.setBold(true);
        m_titleLabel->setFont(bold);
        m_liveHint = new QLabel{tr("back in time; double-click for live")};
        m_liveHint->hide();
        titleRow->addWidget(m_titleLabel, 1);
        titleRow->addWidget(m_liveHint);
        layout->addLayout(titleRow);
    }
    layout->addWidget(m_plot, 1);
    if (form != Form::full)
        return;
    m_legend = new ChartLegend;
    m_legendRow = new QHBoxLayout;
    m_legendRow->setContentsMargins(leftMargin, 0, rightMargin, 0);
    m_legendRow->addWidget(m_legend, 1);
    layout->addLayout(m_legendRow);
    connect(m_legend, &ChartLegend::shownChanged, this, [this](int line, bool shown) {
        m_lines[static_cast<std::size_t>(line)].graph->setVisible(shown);
        fitValueAxis();
        m_plot->replot(QCustomPlot::rpQueuedReplot);
    });
    connect(m_legend, &ChartLegend::hovered, this, &Chart::emphasize);
}

void Chart::buildOverlay() {
    m_waiting = new QCPItemText{m_plot};
    m_waiting->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_waiting->position->setCoords(0.5, 0.5);
    m_waiting->setText(tr("Waiting for data"));
    m_cursor = new QCPItemStraightLine{m_plot};
    m_cursor->setLayer(QStringLiteral("overlay"));
    m_cursor->setVisible(false);
    m_hoverLabel = new QLabel{m_plot};
    m_hoverLabel->setObjectName(QStringLiteral("chartHover"));
    m_hoverLabel->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_hoverLabel->setTextFormat(Qt::RichText);
    m_hoverLabel->setAutoFillBackground(true);
    m_hoverLabel->setBackgroundRole(QPalette::ToolTipBase);
    m_hoverLabel->setForegroundRole(QPalette::ToolTipText);
    m_hoverLabel->setFrameStyle(QFrame::Box | QFrame::Plain);
    m_hoverLabel->setMargin(4);
    m_hoverLabel->hide();
}

void Chart::addLine(const QString& name, int color, Value value) {
    QCPGraph* graph = m_plot->addGraph();
    m_lines.push_back(Line{name, color, std::move(value), graph});
    const QColor lineColor = ChartColors{palette()}.line(color);
    graph->setPen(QPen{lineColor, lineWidth});
    if (m_legend != nullptr)
        m_legend->addEntry(name, lineColor);
}

int Chart::lineCount() const {
    return static_cast<int>(m_lines.size());
}

bool Chart::isLineShown(int line) const {
    return m_lines[static_cast<std::size_t>(line)].graph->visible();
}

void Chart::setLegendCaption(const QString& caption) {
    m_legend->setCaption(caption);
}

void Chart::addMarkLegend() {
    m_markLegend = new ChartLegend;
    m_markLegend->setObjectName(QStringLiteral("markLegend"));
    m_markLegend->setCaption(tr("Marks:"));
    const ChartColors colors{palette()};
    for (const LoadMark::Kind kind : LoadMark::kinds)
        m_markLegend->addEntry(ChartMarks::name(kind), ChartMarks::color(kind, colors));
    m_markLegend->setMinimumWidth(m_markLegend->rowWidth());
    m_legendRow->addWidget(m_markLegend, 0, Qt::AlignTop);
    connect(m_markLegend, &ChartLegend::shownChanged, this,
            [this](int kind, bool shown) { emit marksShownChosen(LoadMark::kinds[static_cast<std::size_t>(kind)], shown); });
}

void Chart::setValueText(std::function<QString(double)> text) {
    m_valueText = std::move(text);
}

void Chart::setMinimumTop(double top) {
    m_minimumTop = top;
}

void Chart::setLength(std::chrono::seconds length) {
    m_length = static_cast<double>(length.count());
    m_hasNews = true;
}

void Chart::take(const LoadHistory& history) {
    m_clockOrigin = history.clockOf(0);
    for (auto point = history.firstAfter(m_newest); point != history.points().end(); ++point) {
        for (const Line& line : m_lines)
            line.graph->addData(point->uptimeSeconds, line.value(*point));
        m_newest = point->uptimeSeconds;
        m_hasNews = true;
    }
    for (const Line& line : m_lines)
        line.graph->data()->removeBefore(m_newest - static_cast<double>(LoadHistory::maxLength.count()));
}

void Chart::setMarks(const LoadMarks& marks) {
    m_hasNews = m_marks->take(marks) || m_hasNews;
}

void Chart::setMarksShown(LoadMark::Kind kind, bool shown) {
    m_marks->setShown(kind, shown);
    if (m_markLegend != nullptr)
        m_markLegend->setShown(static_cast<int>(kind), shown);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void Chart::redraw(double edge) {
    m_edge = edge;
    const double pixels = (edge - m_drawnEdge) / m_length * m_plot->axisRect()->width();
    if (!m_hasNews && (!m_isLive || std::abs(pixels) < 1))
        return;
    m_hasNews = false;
    m_drawnEdge = edge;
    if (m_isLive)
        setTimeRange(edge - m_length, edge);
    m_waiting->setVisible(m_newest < 0);
    fitValueAxis();
    updateHover();
    m_plot->replot();
}

void Chart::setTimeRange(double from, double to) {
    m_isSettingRange = true;
    m_timeTicker->setTicks(m_isLive ? liveTicks(to, to - from) : clockTicks(from, to, m_clockOrigin));
    m_plot->xAxis->setRange(from, to);
    m_isSettingRange = false;
}

void Chart::fitValueAxis() {
    const QCPRange range = m_plot->xAxis->range();
    double highest = 0;
    for (const Line& line : m_lines) {
        if (!line.graph->visible())
            continue;
        const auto end = line.graph->data()->findEnd(range.upper);
        for (auto point = line.graph->data()->findBegin(range.lower); point != end; ++point)
            highest = std::max(highest, point->value);
    }
    const double top = roundedTop(std::max(m_minimumTop, highest));
    m_valueTicker->setTicks(valueTicks(top, m_valueText));
    // a line at the very top would hide in the frame, or behind the numbers of marks
    const double height = m_plot->axisRect()->height();
    const double belowMarks = height - m_marks->room();
    m_plot->yAxis->setRange(0, std::max(top * headRoom, belowMarks > height / 2 ? highest * height / belowMarks : 0.0));
}

void Chart::emphasize(int line) {
    for (int i = 0; i < lineCount(); ++i) {
        QCPGraph* graph = m_lines[static_cast<std::size_t>(i)].graph;
        graph->setPen(QPen{graph->pen().color(), i == line ? emphasizedWidth : lineWidth});
    }
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void Chart::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange && event->type() != QEvent::FontChange)
        return;
    applyColors(palette());
    if (m_markLegend != nullptr)
        m_markLegend->setMinimumWidth(m_markLegend->rowWidth());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void Chart::applyColors(const QPalette& from) {
    const ChartColors colors{from};
    const QFont small = [&] {
        QFont font = this->font();
        font.setPointSizeF(std::max(7.0, font.pointSizeF() - 1));
        return font;
    }();
    const QColor around = m_legend == nullptr ? colors.background : from.color(QPalette::Window);
    m_plot->setBackground(around);
    m_plot->axisRect()->setBackground(colors.background);
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->xAxis2, m_plot->yAxis2}) {
        axis->setBasePen(QPen{colors.frame});
        axis->setTickPen(QPen{colors.frame});
        axis->setTickLabelColor(from.color(QPalette::WindowText));
        axis->setTickLabelFont(small);
        axis->grid()->setPen(QPen{colors.grid});
    }
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const QColor color = colors.line(m_lines[i].color);
        m_lines[i].graph->setPen(QPen{color, lineWidth});
        if (m_legend != nullptr)
            m_legend->setColor(static_cast<int>(i), color);
        else
            m_lines[i].graph->setBrush(QColor{color.red(), color.green(), color.blue(), 48});
    }
    m_marks->setColors(colors, around, small);
    if (m_markLegend != nullptr)
        for (const LoadMark::Kind kind : LoadMark::kinds)
            m_markLegend->setColor(static_cast<int>(kind), ChartMarks::color(kind, colors));
    m_waiting->setColor(colors.faintText);
    m_waiting->setFont(font());
    m_cursor->setPen(QPen{colors.faintText, 1, Qt::DotLine});
}

} // namespace fiberscope::widgets
