// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/text_format.hpp"

#include <QDateTime>
#include <QLocale>

#include <cmath>

namespace fiberscope::widgets {

QString toQString(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString pidText(fiberscope::Pid pid) {
    return pid ? QString::fromStdString(to_string(pid)) : QString{};
}

QString namedPidText(std::string_view name, fiberscope::Pid pid) {
    if (name.empty() || name == "undefined")
        return pidText(pid);
    if (!pid)
        return toQString(name);
    return toQString(name) + QLatin1Char{' '} + pidText(pid);
}

QString bytesText(quint64 bytes) {
    const quint64 kib = bytes / 1024;
    const quint64 mib = kib / 1024;
    const quint64 gib = mib / 1024;
    if (gib > 10)
        return QStringLiteral("%1 GiB").arg(gib);
    if (mib > 10)
        return QStringLiteral("%1 MiB").arg(mib);
    if (kib > 0)
        return QStringLiteral("%1 KiB").arg(kib);
    return QStringLiteral("%1 B").arg(bytes);
}

QString upTimeText(std::chrono::nanoseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    if (seconds >= 86'400)
        return QStringLiteral("%1 Days").arg(seconds / 86'400);
    if (seconds >= 3600)
        return QStringLiteral("%1 Hours").arg(seconds / 3600);
    if (seconds >= 60)
        return QStringLiteral("%1 Mins").arg(seconds / 60);
    return QStringLiteral("%1 Secs").arg(seconds);
}

QString shortTimeText(std::chrono::microseconds time) {
    const auto us = static_cast<double>(time.count());
    if (us < 1000)
        return QStringLiteral("%1 µs").arg(time.count());
    if (us < 1e6)
        return QStringLiteral("%1 ms").arg(us / 1e3, 0, 'f', us < 1e4 ? 1 : 0);
    return QStringLiteral("%1 s").arg(us / 1e6, 0, 'f', 1);
}

QString countText(quint64 count) {
    return QLocale{QLocale::English}.toString(count);
}

QString rateText(double perSecond) {
    static constexpr char units[] = {'\0', 'k', 'M', 'G', 'T'};
    int unit = 0;
    double value = perSecond;
    while (value >= 999.5 && unit < 4) {
        value /= 1000;
        ++unit;
    }
    QString text = QString::number(value, 'f', unit > 0 && value < 9.95 ? 1 : 0);
    if (unit > 0)
        text += QLatin1Char{units[unit]};
    return text;
}

QString limitText(quint64 count, quint64 limit) {
    const quint64 percent =
        limit == 0 ? 0 : static_cast<quint64>(std::lround(100.0 * static_cast<double>(count) / static_cast<double>(limit)));
    return QStringLiteral("%1 / %2 (%3 % used)").arg(count).arg(limit).arg(percent);
}

QString clockText(std::chrono::system_clock::time_point at) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss.zzz"));
}

} // namespace fiberscope::widgets
