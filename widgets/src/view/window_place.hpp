// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>

class QSettings;
class QWidget;

namespace fiberscope::widgets {

/// What of its screen a window can take, less what a window manager puts around it.
QSize roomOfScreen(const QWidget& window);

/// Size and position of the observer window: on its screen as a whole, whatever screen that is and at whatever scale, and
/// kept between runs.
/// **Thread:** GUI thread. **Lifetime:** the window outlives it.
class WindowPlace {
public:
    /// Gives the window the size of a first run.
    explicit WindowPlace(QWidget& window);

    /// A size that is not kept, unless a person changes it. It need not fit.
    void setSizeForThisRun(const QSize& size);
    void save(QSettings& settings) const;
    void restore(QSettings& settings);

private:
    void fit();

    QWidget& m_window;
    QSize m_forThisRun; ///< invalid: none
};

} // namespace fiberscope::widgets
