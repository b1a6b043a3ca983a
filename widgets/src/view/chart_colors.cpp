// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chart_colors.hpp"

#include <QPalette>

#include <algorithm>
#include <array>
#include <cmath>

namespace fiberscope::widgets {

namespace {

/// `observer_perf_wx:colors/0` of Erlang/OTP.
constexpr std::array<QRgb, 16> observerColors = {
    qRgb(240, 100, 100), qRgb(0, 128, 0),    qRgb(25, 45, 170),   qRgb(255, 165, 0), qRgb(220, 220, 40), qRgb(100, 240, 240),
    qRgb(240, 100, 240), qRgb(160, 40, 40),  qRgb(100, 100, 240), qRgb(140, 140, 0), qRgb(25, 200, 100), qRgb(120, 25, 240),
    qRgb(255, 140, 163), qRgb(25, 120, 120), qRgb(120, 25, 120),  qRgb(110, 90, 60),
};
/// Thin bright lines on white read well with less contrast than dark ones on black.
constexpr double lineContrastOnLight = 2.0;
constexpr double lineContrastOnDark = 3.5;

double linear(float channel) {
    const auto value = static_cast<double>(channel);
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& color) {
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrastRatio(const QColor& left, const QColor& right) {
    const auto [darker, lighter] = std::minmax({luminance(left), luminance(right)});
    return (lighter + 0.05) / (darker + 0.05);
}

} // namespace

QColor mixed(const QColor& from, const QColor& to, float share) {
    return QColor::fromRgbF(from.redF() + (to.redF() - from.redF()) * share,
                            from.greenF() + (to.greenF() - from.greenF()) * share,
                            from.blueF() + (to.blueF() - from.blueF()) * share);
}

bool isDark(const QPalette& palette) {
    return luminance(palette.color(QPalette::Base)) < 0.2;
}

QColor faintColor(const QPalette& palette) {
    return mixed(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.6F);
}

QColor readableOn(const QColor& background, const QColor& color, double contrast) {
    const float step = luminance(background) < 0.2 ? 0.02F : -0.02F;
    QColor readable = color;
    float lightness = color.lightnessF();
    while (contrastRatio(readable, background) < contrast && lightness > 0.0F && lightness < 1.0F) {
        lightness = std::clamp(lightness + step, 0.0F, 1.0F);
        readable = QColor::fromHslF(std::max(0.0F, color.hslHueF()), color.hslSaturationF(), lightness);
    }
    return readable;
}

ChartColors::ChartColors(const QPalette& palette)
    : background{palette.color(QPalette::Base)}, frame{mixed(background, palette.color(QPalette::Text), 0.45F)},
      grid{mixed(background, palette.color(QPalette::Text), 0.14F)}, text{palette.color(QPalette::Text)},
      faintText{faintColor(palette)}, killMark{readableOn(background, QColor{200, 30, 30}, textContrast)},
      restartMark{readableOn(background, QColor{0, 140, 60}, textContrast)} {}

QColor ChartColors::line(int index) const {
    const double contrast = luminance(background) < 0.2 ? lineContrastOnDark : lineContrastOnLight;
    return readableOn(background, QColor::fromRgb(observerColors[static_cast<std::size_t>(index) % observerColors.size()]),
                      contrast);
}

} // namespace fiberscope::widgets
