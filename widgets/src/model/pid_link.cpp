// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/pid_link.hpp"

#include "model/line_text.hpp"
#include "model/text_format.hpp"

namespace fiberscope::widgets {

QString pidLink(fiberscope::Pid pid, const QString& name) {
    const auto link = QStringLiteral("<a href=\"pid:%1\">%2</a>").arg(pid.bits()).arg(pidText(pid).toHtmlEscaped());
    return name.isEmpty() ? link : QStringLiteral("%1 %2").arg(lineText(name).toHtmlEscaped(), link);
}

fiberscope::Pid pidOfLink(const QString& link) {
    static const QString scheme = QStringLiteral("pid:");
    return link.startsWith(scheme) ? fiberscope::Pid::from_bits(link.mid(scheme.size()).toULongLong()) : fiberscope::Pid{};
}

} // namespace fiberscope::widgets
