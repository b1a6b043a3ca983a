// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chart_marks.hpp"

#include "model/number_text.hpp"
#include "view/chart_colors.hpp"

#include <QColor>
#include <QFontMetrics>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace fiberscope::widgets {

namespace {
constexpr int mergePixels = 40; ///< a number and a gap fit in between
constexpr int reachPixels = 5;
constexpr int triangle = 9;
constexpr int gap = 2;
constexpr qsizetype mostTexts = 4;
} // namespace

/// Its place among what a plot draws: above the lines, as the axes are.
class ChartMarks::Painter : public QCPLayerable {
public:
    Painter(QCustomPlot& plot, const ChartMarks& marks) : QCPLayerable{&plot, QStringLiteral("axes")}, m_marks{marks} {}

    /// From the top of a plot to below the numbers.
    int room() const { return 2 * (row() + gap); }
    void setColors(const ChartColors& colors, const QColor& outside, const QFont& font) {
        m_background = colors.background;
        m_outside = outside;
        for (const Kind kind : LoadMark::kinds)
            m_colors[static_cast<std::size_t>(kind)] = color(kind, colors);
        m_font = font;
        m_font.setBold(true);
    }

protected:
    /// A mark at the edge stands beyond it by half, its number whole.
    QRect clipRect() const override {
        return mParentPlot->axisRect()->rect().adjusted(-triangle / 2, 0, mParentPlot->axisRect()->margins().right(), 0);
    }
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override { painter->setAntialiasing(false); }
    void draw(QCPPainter* painter) override {
        painter->setFont(m_font);
        for (const LoadMark& mark : m_marks.drawn())
            if (mParentPlot->xAxis->range().contains(mark.uptimeSeconds))
                drawMark(*painter, mark);
    }

private:
    int row() const { return QFontMetrics{m_font}.ascent() + gap; }
    // a restart comes within microseconds of the exit: the line says that something ended, the triangle on top of it that a
    // supervisor put it back; their numbers stand below each other
    void drawMark(QCPPainter& painter, const LoadMark& mark) const {
        const QRect area = mParentPlot->axisRect()->rect();
        const int x = qRound(mParentPlot->xAxis->coordToPixel(mark.uptimeSeconds));
        const QColor color = m_colors[static_cast<std::size_t>(mark.kind)];
        const QPoint below{0, mark.kind == Kind::exit ? row() + gap : 0};
        if (mark.kind == Kind::exit) {
            painter.setPen(QPen{color, 1, Qt::DashLine});
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()));
        } else {
            painter.setPen(color);
            painter.setBrush(color);
            painter.drawPolygon(QPolygon{QList{QPoint{x - triangle / 2, area.top() + 1}, QPoint{x + triangle / 2, area.top() + 1},
                                               QPoint{x, area.top() + triangle}}});
        }
        if (mark.count > 1)
            drawCount(painter, rateText(mark.count), QPoint{x, area.top()} + below, color);
    }

    /// To the right of the line, or to the left where the plot ends.
    void drawCount(QCPPainter& painter, const QString& text, QPoint line, const QColor& color) const {
        const QFontMetrics metrics{m_font};
        const int away = triangle / 2 + gap;
        QRect place{line + QPoint{away, 0}, QSize{metrics.horizontalAdvance(text) + gap, metrics.ascent() + gap}};
        if (place.right() > clipRect().right())
            place.moveRight(line.x() - away);
        painter.fillRect(place, m_outside);
        painter.fillRect(place & mParentPlot->axisRect()->rect(), m_background);
        painter.setPen(color);
        painter.drawText(place, Qt::AlignCenter | Qt::TextDontClip, text);
    }

    const ChartMarks& m_marks;
    QColor m_background, m_outside; ///< of the plot within its frame, and around it
    std::array<QColor, LoadMark::kinds.size()> m_colors;
    QFont m_font;
};

QString ChartMarks::name(Kind kind) {
    return kind == Kind::exit ? QObject::tr("┆ Abnormal exits") : QObject::tr("▼ Restarts");
}

QColor ChartMarks::color(Kind kind, const ChartColors& colors) {
    return kind == Kind::exit ? colors.killMark : colors.restartMark;
}

ChartMarks::ChartMarks(QCustomPlot& plot) : m_plot{plot}, m_painter{new Painter{plot, *this}} {}

ChartMarks::~ChartMarks() {
    delete m_painter;
}

bool ChartMarks::take(const LoadMarks& marks) {
    if (marks.revision() == m_marks.revision())
        return false;
    m_marks = marks;
    return true;
}

void ChartMarks::setColors(const ChartColors& colors, const QColor& outside, const QFont& font) {
    m_painter->setColors(colors, outside, font);
}

void ChartMarks::setShown(Kind kind, bool shown) {
    m_shown[static_cast<std::size_t>(kind)] = shown;
}

double ChartMarks::secondsPerPixel() const {
    return m_plot.xAxis->range().size() / std::max(1, m_plot.axisRect()->width());
}

std::vector<LoadMark> ChartMarks::drawn() const {
    auto marks = m_marks.merged(mergePixels * secondsPerPixel());
    std::erase_if(marks, [this](const LoadMark& mark) { return !isShown(mark.kind); });
    return marks;
}

int ChartMarks::room() const {
    const QCPRange range = m_plot.xAxis->range();
    const auto marks = drawn();
    const bool hasNumbers = std::any_of(
        marks.begin(), marks.end(), [&](const LoadMark& mark) { return mark.count > 1 && range.contains(mark.uptimeSeconds); });
    return hasNumbers ? m_painter->room() : 0;
}

QString ChartMarks::htmlAt(double uptimeSeconds) const {
    const double reach = reachPixels * secondsPerPixel();
    QStringList texts;
    for (const LoadMark& mark : drawn())
        if (mark.uptimeSeconds - reach <= uptimeSeconds && uptimeSeconds <= mark.lastSeconds + reach && texts.size() < mostTexts)
            texts.append(mark.text().toHtmlEscaped().replace(QLatin1Char{'\n'}, QLatin1String{"<br>"}));
    return texts.join(QLatin1String{"<br>"});
}

} // namespace fiberscope::widgets
