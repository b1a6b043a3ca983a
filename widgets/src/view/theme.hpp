// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <array>

class QWidget;

namespace fiberscope::widgets {

enum class Theme { desktop, light, dark };
inline constexpr std::array themes{Theme::desktop, Theme::light, Theme::dark};

/// For the settings file: `desktop`, `light`, `dark`.
QString themeId(Theme theme);
/// The theme of an id; desktop for anything else.
Theme themeOfId(const QString& id);
/// Style and palette of the whole program. Light and dark are Qt's Fusion; desktop is what the program started with (Fusion with
/// what is seen in the dark, too).
/// **Thread:** GUI thread.
void applyTheme(Theme theme);
/// Gives hints in the window's fields a colour that can be read, whatever its palette has for them. To be called again when the
/// palette changes. **Thread:** GUI thread.
void deriveHints(QWidget& window);
/// What was applied last.
Theme currentTheme();

} // namespace fiberscope::widgets
