// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

class QPalette;

namespace fiberscope::widgets {

/// The colours of a chart for one palette, light or dark.
struct ChartColors {
    QColor background;
    QColor frame;
    QColor grid;
    QColor text;
    QColor faintText;
    QColor killMark;
    QColor restartMark;

    explicit ChartColors(const QPalette& palette);
    /// One of the 16 line colours of Erlang's observer (index modulo 16), moved lighter or darker until it can be read
    /// on the background.
    QColor line(int index) const;
};

/// WCAG ratio of texts, and of marks that have numbers.
constexpr double textContrast = 4.5;

/// For what is of less interest, and for hints: between text and ground. Not every desktop's palette has a colour for it that
/// can be read.
QColor faintColor(const QPalette& palette);
/// A colour that can be read on this background: the nearest lightness with at least this contrast (WCAG ratio).
QColor readableOn(const QColor& background, const QColor& color, double contrast);
/// Between two colours: 0 is the first, 1 the second.
QColor mixed(const QColor& from, const QColor& to, float share);
bool isDark(const QPalette& palette);

} // namespace fiberscope::widgets
