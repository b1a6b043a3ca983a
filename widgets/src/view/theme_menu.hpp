// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMenu>

namespace fiberscope::widgets {

/// The themes to choose from, the one that is applied ticked, whichever window it was chosen in.
/// **Thread:** GUI thread.
class ThemeMenu : public QMenu {
    Q_OBJECT

public:
    explicit ThemeMenu(QWidget* parent = nullptr);
};

} // namespace fiberscope::widgets
