// SPDX-License-Identifier: GPL-3.0-or-later
#include "display.hpp"

#include <QDir>
#include <QFileInfo>
#include <QLibraryInfo>
#include <QStringList>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xcb/xcb.h>

#include <algorithm>

namespace fiberscope::app {
namespace {

bool opensX11() {
    xcb_connection_t* const connection = xcb_connect(nullptr, nullptr);
    const bool opens = xcb_connection_has_error(connection) == 0;
    xcb_disconnect(connection);
    return opens;
}

bool opensWayland() {
    const QString display = qEnvironmentVariable("WAYLAND_DISPLAY");
    if (display.isEmpty())
        return false;
    const QByteArray path = QDir{qEnvironmentVariable("XDG_RUNTIME_DIR")}.absoluteFilePath(display).toLocal8Bit();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= qsizetype{sizeof address.sun_path})
        return false;
    std::copy(path.begin(), path.end(), address.sun_path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool opens = socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (socket >= 0)
        ::close(socket);
    return opens;
}

bool hasWaylandPlugin() {
    const QDir plugins{QLibraryInfo::path(QLibraryInfo::PluginsPath) + "/platforms"};
    return !plugins.entryList({"libqwayland*.so"}).isEmpty();
}

} // namespace

QString findDisplay() {
    const QString platform = qEnvironmentVariable("QT_QPA_PLATFORM").section(';', 0, 0).section(':', 0, 0);
    const bool wantsX11 = platform.isEmpty() || platform == "xcb";
    const bool wantsWayland = platform.isEmpty() || platform.startsWith("wayland");
    if ((!wantsX11 && !wantsWayland) || (wantsX11 && opensX11()))
        return {};
    if (wantsWayland && opensWayland() && hasWaylandPlugin()) {
        if (platform.isEmpty())
            qputenv("QT_QPA_PLATFORM", "wayland");
        return {};
    }
    const QString display = qEnvironmentVariable("DISPLAY");
    const QString what = display.isEmpty() ? QStringLiteral("no display: DISPLAY is not set")
                                           : QStringLiteral("the display '%1' does not open").arg(display);
    return what + "; start it from a desktop session, or write files without one: --screenshot FILE.png, --dump FILE.json";
}

} // namespace fiberscope::app
