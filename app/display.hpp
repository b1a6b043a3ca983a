// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace fiberscope::app {

/// Finds out whether a window can be shown: QApplication aborts the program when it cannot. Opens and closes the X11
/// display, or the Wayland one where there is no X11. To be called before QApplication; may set `QT_QPA_PLATFORM`.
/// **Blocks:** until the display server answers or refuses. **Errors:** one sentence that says what is wrong and what to
/// do; empty if all is well.
QString findDisplay();

} // namespace fiberscope::app
