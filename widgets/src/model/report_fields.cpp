// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/report_fields.hpp"

#include "model/line_text.hpp"
#include "model/text_format.hpp"

#include <fiberscope/term.hpp>

#include <QStringList>

namespace fiberscope::widgets {

namespace {

struct Child {
    QString pid, id;
};

/// Of a child's fields: `[{pid,<0.90.0>},{id,store},...]`; empty texts of any other value.
Child childOf(const std::string& value, std::uint32_t node) {
    Child child;
    for (const auto& [name, text] : pairsOf(value, node)) {
        if (name == QLatin1String{"pid"})
            child.pid = text;
        else if (name == QLatin1String{"id"})
            child.id = text;
    }
    return child;
}

/// A child as `store <0.90.0>`; any other value as it is.
QString valueText(const std::string& value, std::uint32_t node) {
    const auto [pid, id] = childOf(value, node);
    if (pid.isEmpty() || id.isEmpty())
        return wholeLineText(printedText(value));
    return QStringLiteral("%1 %2").arg(wholeLineText(id), pid);
}

} // namespace

std::vector<std::pair<QString, QString>> pairsOf(const std::string& value, std::uint32_t node) {
    std::vector<std::pair<QString, QString>> pairs;
    if (!value.starts_with("[{"))
        return pairs;
    const auto term = fiberscope::Term::parse(value, node);
    if (!term)
        return pairs;
    for (const fiberscope::Term& element : term->elements()) {
        const auto parts = element.elements();
        if (element.kind() != fiberscope::Term::Kind::tuple || parts.size() != 2 || !parts[0].is_atom())
            return {};
        pairs.emplace_back(toQString(parts[0].as_atom().name()), termText(parts[1]));
    }
    return pairs;
}

QString reportText(const fiberscope::LogEntry& report, std::uint32_t node) {
    QStringList parts{wholeLineText(toQString(report.title))};
    for (const char* wanted : {"supervisor", "errorContext", "registered_name", "error_info", "limit", "reason", "application",
                               "exited", "started", "offender", "scheduler", "time_ms", "calls", "outcome"})
        for (const auto& [name, value] : report.fields)
            if (name == wanted && value != "[]")
                parts.append(QStringLiteral("%1: %2").arg(toQString(name), valueText(value, node)));
    return parts.join(QLatin1String{"  "});
}

QString childIdOf(const fiberscope::LogEntry& report, fiberscope::Pid pid) {
    for (const auto& [name, value] : report.fields)
        if (name == "started" || name == "offender")
            if (const auto child = childOf(value, pid.node()); child.pid == pidText(pid))
                return child.id;
    return {};
}

QString fieldOf(const fiberscope::LogEntry& report, std::string_view wanted) {
    for (const auto& [name, value] : report.fields)
        if (name == wanted && value != "[]")
            return toQString(value);
    return {};
}

} // namespace fiberscope::widgets
