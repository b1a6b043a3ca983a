// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/load_history.hpp"
#include "model/load_marks.hpp"

#include <QSharedPointer>
#include <QString>
#include <QWidget>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

class QCPAxisTickerText;
class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;
class QCPPainter;
class QCPRange;
class QCustomPlot;
class QHBoxLayout;
class QLabel;

namespace fiberscope::widgets {

class ChartLegend;
class ChartMarks;

/// Lines over the last minutes, as Erlang's observer draws them: now at the right edge, a line every sixth of the
/// length, a legend below whose names hide their lines. Beyond observer: values under the mouse, wheel and drag go
/// back in time, a double-click returns, and moments can be marked.
/// **Thread:** GUI thread. Costs nothing between two calls of `redraw`.
class Chart : public QWidget {
    Q_OBJECT

public:
    /// What a line shows of a point; NaN leaves a gap.
    using Value = std::function<double(const LoadPoint&)>;
    enum class Form {
        full,    ///< title, legend, mouse
        compact, ///< for a panel: without legend and mouse; its axes have labels where there is room
    };

    explicit Chart(const QString& title, Form form = Form::full, QWidget* parent = nullptr);
    ~Chart() override;

    /// Adds a line in observer's colour number `color`.
    void addLine(const QString& name, int color, Value value);
    int lineCount() const;
    bool isLineShown(int line) const;
    const QString& title() const { return m_title; }
    const QString& lineName(int line) const { return m_lines[static_cast<std::size_t>(line)].name; }
    double lineValue(int line, const LoadPoint& point) const { return m_lines[static_cast<std::size_t>(line)].value(point); }
    void setLegendCaption(const QString& caption);
    ChartLegend* legend() const { return m_legend; }
    /// Names the kinds of marks beside the legend, to be hidden and shown there.
    void addMarkLegend();
    /// nullptr where they are not named.
    ChartLegend* markLegend() const { return m_markLegend; }
    /// How a value reads at the axis and under the mouse.
    void setValueText(std::function<QString(double)> text);
    /// The axis goes from 0 to the largest shown value, rounded up, and at least to this.
    void setMinimumTop(double top);
    /// What the time axis spans while live.
    void setLength(std::chrono::seconds length);

    /// Takes the points that are newer than the last one it has.
    void take(const LoadHistory& history);
    /// Shows these marks from the next redraw on.
    void setMarks(const LoadMarks& marks);
    void setMarksShown(LoadMark::Kind kind, bool shown);
    const ChartMarks& marks() const { return *m_marks; }
    /// Draws the time up to `edge` (live), or what the user chose. Skipped where no pixel would change.
    void redraw(double edge);

    bool isLive() const { return m_isLive; }
    /// Follows another chart's time.
    void showRange(double from, double to);
    void showLive();
    /// Draws title, plot and legend into a rectangle of a vector device.
    void drawOn(QCPPainter& painter, const QRect& rect, const QPalette& palette);

signals:
    /// The user zoomed or dragged to this time.
    void rangeChosen(double from, double to);
    void liveChosen();
    /// The user hid or showed marks.
    void marksShownChosen(fiberscope::widgets::LoadMark::Kind kind, bool shown);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Line {
        QString name;
        int color;
        Value value;
        QCPGraph* graph; ///< owned by the plot
    };

    void buildPlot(Form form);
    void setAxesLabelled(bool labelled);
    void buildFrame(Form form);
    void buildOverlay();
    void connectMouse();
    void applyColors(const QPalette& palette);
    void emphasize(int line);
    void fitValueAxis();
    void setTimeRange(double from, double to);
    void chooseRange(const QCPRange& range);
    void updateHover();
    QString hoverText(double at) const;
    void placeHoverLabel();

    const Form m_form;
    QString m_title;
    std::chrono::system_clock::time_point m_clockOrigin; ///< wall-clock time of uptime 0
    std::vector<Line> m_lines;
    std::function<QString(double)> m_valueText;
    double m_minimumTop = 1;
    double m_length = 60;
    double m_edge = 0;
    double m_drawnEdge = -1;
    double m_newest = -1; ///< uptime of the last point taken
    bool m_hasNews = true;
    bool m_isLive = true;
    bool m_isSettingRange = false;
    QPoint m_mouse{-1, -1};
    QLabel* m_titleLabel = nullptr;
    QLabel* m_liveHint = nullptr;
    QCustomPlot* m_plot;
    std::unique_ptr<ChartMarks> m_marks;
    ChartLegend* m_legend = nullptr;
    ChartLegend* m_markLegend = nullptr;
    QHBoxLayout* m_legendRow = nullptr;
    QLabel* m_hoverLabel = nullptr;
    QCPItemStraightLine* m_cursor = nullptr;
    QCPItemText* m_waiting = nullptr;
    QSharedPointer<QCPAxisTickerText> m_timeTicker;
    QSharedPointer<QCPAxisTickerText> m_valueTicker;
};

} // namespace fiberscope::widgets
