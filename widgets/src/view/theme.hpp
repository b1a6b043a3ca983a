// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <array>

namespace fiberscope::widgets {

enum class Theme { desktop, light, dark };
inline constexpr std::array themes{Theme::desktop, Theme::light, Theme::dark};

/// For the settings file: `desktop`, `light`, `dark`.
QString themeId(Theme theme);
/// The theme of an id; desktop for anything else.
Theme themeOfId(const QString& id);
/// Style and palette of the whole program. Light and dark are Qt's Fusion; desktop is what the program started with.
/// **Thread:** GUI thread.
void applyTheme(Theme theme);
/// What was applied last.
Theme currentTheme();

} // namespace fiberscope::widgets
