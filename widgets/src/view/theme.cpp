// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/theme.hpp"

#include "view/chart_colors.hpp"

#include <QApplication>
#include <QPainter>
#include <QPalette>
#include <QProxyStyle>
#include <QStyle>
#include <QStyleFactory>
#include <QStyleOption>
#include <QWidget>

#include <optional>
#include <utility>

namespace fiberscope::widgets {

namespace {

struct Colours {
    QRgb window, base, alternateBase, button, text, disabledText, highlight, highlightedText, link, toolTip, toolTipText, lines;
};

constexpr Colours lightColours{0xfff4f4f5, 0xffffffff, 0xffecf3fc, 0xfff7f7f8, 0xff1b1d21, 0xff8c9096,
                               0xff2f6fd0, 0xffffffff, 0xff1a5fb4, 0xfffff8dc, 0xff1b1d21, 0xffc4c7cc};
constexpr Colours darkColours{0xff26282c, 0xff1c1e21, 0xff23272d, 0xff33363b, 0xffe4e6e9, 0xff7d828a,
                              0xff3a6db5, 0xffffffff, 0xff7db4ff, 0xff3a3d43, 0xffe4e6e9, 0xff15171a};

QPalette paletteOf(const Colours& colours) {
    QPalette palette{QColor::fromRgba(colours.button), QColor::fromRgba(colours.window)};
    const auto set = [&palette](QPalette::ColorRole role, QRgb colour) { palette.setColor(role, QColor::fromRgba(colour)); };
    set(QPalette::Base, colours.base);
    set(QPalette::AlternateBase, colours.alternateBase);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::BrightText})
        set(role, colours.text);
    set(QPalette::Highlight, colours.highlight);
    set(QPalette::HighlightedText, colours.highlightedText);
    set(QPalette::Link, colours.link);
    set(QPalette::LinkVisited, colours.link);
    set(QPalette::ToolTipBase, colours.toolTip);
    set(QPalette::ToolTipText, colours.toolTipText);
    palette.setColor(QPalette::PlaceholderText, faintColor(palette));
    set(QPalette::Mid, colours.lines);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, QColor::fromRgba(colours.disabledText));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor::fromRgba(colours.lines));
    return palette;
}

/// Fusion draws frames and lines darker than the window: in the dark an empty check box, where a menu ends, and what its
/// separators part would not be seen.
class SeenInTheDark : public QProxyStyle {
public:
    using QProxyStyle::QProxyStyle;

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        if ((element != PE_IndicatorCheckBox && element != PE_PanelMenu) || !isDark(option->palette))
            return;
        painter->save();
        painter->setPen(element == PE_PanelMenu ? lineColor(option->palette) : faintColor(option->palette));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        painter->restore();
    }

    void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override {
        QProxyStyle::drawControl(element, option, painter, widget);
        const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option);
        if (element != CE_MenuItem || item == nullptr || item->menuItemType != QStyleOptionMenuItem::Separator ||
            !item->text.isEmpty() || !isDark(option->palette))
            return;
        const int middle = option->rect.center().y();
        painter->fillRect(option->rect.left() + 5, middle, option->rect.width() - 10, 1, lineColor(option->palette));
    }

private:
    /// Between ground and hints. Desktops' own for what is disabled may be as dark as the ground.
    static QColor lineColor(const QPalette& palette) {
        QColor color = palette.color(QPalette::Active, QPalette::WindowText);
        color.setAlphaF(0.45F);
        return color;
    }
};

const auto fusion = QStringLiteral("fusion");

QStyle* styleOf(Theme theme, const QString& ofDesktop) {
    return theme == Theme::desktop && ofDesktop != fusion ? QStyleFactory::create(ofDesktop) : new SeenInTheDark{fusion};
}

/// What the program started with, kept before the first change.
struct Start {
    QString style = QApplication::style()->name();
    QPalette palette = QApplication::palette();
};
const Start& start() {
    static const Start kept;
    return kept;
}

std::optional<Theme> applied; ///< nothing: the application is as it started

} // namespace

QString themeId(Theme theme) {
    switch (theme) {
    case Theme::light: return QStringLiteral("light");
    case Theme::dark: return QStringLiteral("dark");
    case Theme::desktop: break;
    }
    return QStringLiteral("desktop");
}

Theme themeOfId(const QString& id) {
    for (const auto theme : themes)
        if (themeId(theme) == id)
            return theme;
    return Theme::desktop;
}

void applyTheme(Theme theme) {
    const auto& before = start();
    if (theme == applied)
        return;
    const bool isAsStarted = !std::exchange(applied, theme) && theme == Theme::desktop;
    if (isAsStarted && before.style != fusion)
        return;
    QApplication::setStyle(styleOf(theme, before.style));
    if (!isAsStarted)
        QApplication::setPalette(theme == Theme::desktop ? before.palette
                                                         : paletteOf(theme == Theme::dark ? darkColours : lightColours));
}

void deriveHints(QWidget& window) {
    QPalette palette = window.palette();
    const QColor hint = faintColor(palette);
    if (palette.color(QPalette::PlaceholderText) == hint)
        return;
    palette.setColor(QPalette::PlaceholderText, hint);
    window.setPalette(palette);
}

Theme currentTheme() {
    return applied.value_or(Theme::desktop);
}

} // namespace fiberscope::widgets
