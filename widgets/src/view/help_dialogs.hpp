// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QWidget;

namespace fiberscope::widgets {

/// What the program is. Does not wait for its end. **Thread:** GUI thread.
void showAbout(QWidget& window);
/// All keys of the window. Does not wait for its end. **Thread:** GUI thread.
void showShortcuts(QWidget& window);

} // namespace fiberscope::widgets
