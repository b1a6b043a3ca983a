// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/load_marks.hpp"

#include <QString>

#include <array>
#include <vector>

class QColor;
class QCustomPlot;
class QFont;

namespace fiberscope::widgets {

struct ChartColors;

/// The marks on a plot: a dashed line a crash, a triangle on top a restart, each kind in its colour. Those that would touch
/// are drawn as one, with their number beside it.
/// **Thread:** GUI thread. **Lifetime:** it is part of the plot, and ends before it.
class ChartMarks {
public:
    using Kind = LoadMark::Kind;

    /// As a legend has it, with a sign of what is drawn.
    static QString name(Kind kind);
    static QColor color(Kind kind, const ChartColors& colors);

    explicit ChartMarks(QCustomPlot& plot);
    ~ChartMarks();

    /// True if they are others than before.
    bool take(const LoadMarks& marks);
    /// `outside`: the ground around the frame.
    void setColors(const ChartColors& colors, const QColor& outside, const QFont& font);
    void setShown(Kind kind, bool shown);
    bool isShown(Kind kind) const { return m_shown[static_cast<std::size_t>(kind)]; }
    /// What is drawn at the present range and width, those before and after it included; the hidden kinds are not.
    std::vector<LoadMark> drawn() const;
    /// So many pixels below the top of the plot their numbers take; 0: none are shown.
    int room() const;
    /// What the marks at this uptime (seconds), or beside it, are about; HTML. Empty: none are there.
    QString htmlAt(double uptimeSeconds) const;

private:
    class Painter;

    double secondsPerPixel() const;

    QCustomPlot& m_plot;
    LoadMarks m_marks;
    std::array<bool, LoadMark::kinds.size()> m_shown{true, true};
    Painter* m_painter; ///< owned by the plot
};

} // namespace fiberscope::widgets
