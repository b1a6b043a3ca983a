// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/window_place.hpp"

#include <QScreen>
#include <QSettings>
#include <QWidget>

#include <algorithm>

namespace fiberscope::widgets {

namespace {

constexpr QSize firstSize{1100, 720};
constexpr QSize leastSize{850, 600};
/// What a window manager puts around a window, as long as there is none to ask.
constexpr QMargins frameGuess{4, 32, 4, 4};

} // namespace

QSize roomOfScreen(const QWidget& window) {
    return window.screen()->availableSize().shrunkBy(frameGuess);
}

WindowPlace::WindowPlace(QWidget& window) : m_window{window} {
    m_window.resize(firstSize);
    fit();
}

void WindowPlace::setSizeForThisRun(const QSize& size) {
    m_window.setMinimumSize(m_window.minimumSize().boundedTo(size));
    m_window.resize(size);
    m_forThisRun = size;
}

void WindowPlace::save(QSettings& settings) const {
    if (m_window.size() != m_forThisRun)
        settings.setValue(QStringLiteral("window/geometry"), m_window.saveGeometry());
}

void WindowPlace::restore(QSettings& settings) {
    const auto geometry = settings.value(QStringLiteral("window/geometry")).toByteArray();
    if (!m_window.restoreGeometry(geometry))
        return;
    fit(); // it may be another screen now
    if (m_window.isMaximized() || m_window.isFullScreen())
        return;
    const auto screen = m_window.screen()->availableGeometry();
    const auto room = screen.size() - m_window.size().grownBy(frameGuess);
    m_window.move(std::clamp(m_window.x(), screen.x(), screen.x() + room.width()),
                  std::clamp(m_window.y(), screen.y(), screen.y() + room.height()));
}

void WindowPlace::fit() {
    const auto room = roomOfScreen(m_window);
    m_window.setMinimumSize(leastSize.boundedTo(room));
    if (!m_window.isMaximized() && !m_window.isFullScreen())
        m_window.resize(m_window.size().boundedTo(room));
}

} // namespace fiberscope::widgets
