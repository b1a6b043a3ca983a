// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chart_scale.hpp"

#include <QDateTime>

#include <cmath>

namespace fiberscope::widgets {

namespace {
constexpr int timeSteps = 6;
constexpr int valueRows = 4;
} // namespace

ChartTicks liveTicks(double edge, double length) {
    ChartTicks ticks;
    for (int i = 0; i <= timeSteps; ++i) {
        const double ago = length * i / timeSteps;
        ticks.insert(edge - ago, QStringLiteral("%1s").arg(std::lround(ago)));
    }
    return ticks;
}

ChartTicks clockTicks(double from, double to, std::chrono::system_clock::time_point origin) {
    static constexpr double steps[] = {0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120};
    constexpr int mostTicks = 8;
    double step = steps[0];
    for (const double candidate : steps) {
        step = candidate;
        if ((to - from) / step <= mostTicks)
            break;
    }
    const double originSeconds = std::chrono::duration<double>(origin.time_since_epoch()).count();
    const QString format = step < 1 ? QStringLiteral("HH:mm:ss.zzz") : QStringLiteral("HH:mm:ss");
    ChartTicks ticks;
    for (double clock = std::ceil((from + originSeconds) / step) * step; clock <= to + originSeconds; clock += step)
        ticks.insert(clock - originSeconds, QDateTime::fromMSecsSinceEpoch(std::llround(clock * 1000)).toString(format));
    return ticks;
}

double roundedTop(double value) {
    static constexpr double steps[] = {1, 2, 2.5, 5, 10};
    const double row = value / valueRows;
    const double power = std::pow(10.0, std::floor(std::log10(row)));
    for (const double step : steps)
        if (row <= step * power * (1 + 1e-9))
            return step * power * valueRows;
    return 10 * power * valueRows;
}

ChartTicks valueTicks(double top, const std::function<QString(double)>& text) {
    ChartTicks ticks;
    for (int row = 0; row <= valueRows; ++row) {
        const double value = top * row / valueRows;
        ticks.insert(value, text ? text(value) : QString::number(value));
    }
    return ticks;
}

} // namespace fiberscope::widgets
