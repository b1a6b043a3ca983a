// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/number_text.hpp"

#include <QDateTime>
#include <QLocale>

#include <cmath>

namespace fiberscope::widgets {

QString countText(quint64 count) {
    return QLocale{QLocale::English}.toString(count);
}

QString countText(quint64 count, const char* one, const char* several) {
    return QStringLiteral("%1 %2").arg(countText(count), QLatin1String{count == 1 ? one : several});
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
    if (text.endsWith(QLatin1String{".0"}))
        text.chop(2);
    if (unit > 0)
        text += QLatin1Char{units[unit]};
    return text;
}

QString limitText(quint64 count, quint64 limit) {
    const double share = limit == 0 ? 0.0 : static_cast<double>(count) / static_cast<double>(limit);
    return QStringLiteral("%1 / %2 (%3 % used)").arg(countText(count), countText(limit)).arg(std::lround(100.0 * share));
}

QString clockText(std::chrono::system_clock::time_point at) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss.zzz"));
}

} // namespace fiberscope::widgets
