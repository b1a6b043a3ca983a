// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/log_line.hpp"

#include "model/event_text.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>

#include <utility>

namespace fiberscope::widgets {

namespace {

LogLine lossLine(std::uint64_t lost, std::chrono::system_clock::time_point at) {
    LogLine line;
    line.at = at;
    line.level = fiberscope::LogLevel::critical;
    line.text = QCoreApplication::translate("LogModel", "%1 events were lost here: they came faster than they could be read")
                    .arg(countText(lost));
    line.isLoss = true;
    return line;
}

/// A child's fields (`[{pid,<0.90.0>},{id,store},...]`) as `store <0.90.0>`.
QString childText(const QString& fields) {
    static const QRegularExpression pidAndId{QStringLiteral(R"(\{pid,([^}]*)\},\{id,([^}]*)\})")};
    const auto match = pidAndId.match(fields);
    return match.hasMatch() ? QStringLiteral("%1 %2").arg(match.captured(2), match.captured(1)) : fields;
}

/// A report's title says only its kind; the most telling fields make the line readable.
QString reportText(const fiberscope::LogEntry& report) {
    QStringList parts{QString::fromStdString(report.title)};
    for (const char* wanted : {"supervisor", "errorContext", "registered_name", "error_info", "limit", "reason", "application",
                               "exited", "started", "offender", "scheduler", "time_ms"})
        for (const auto& [name, value] : report.fields)
            if (name == wanted && value != "[]")
                parts.append(
                    QStringLiteral("%1: %2").arg(QString::fromStdString(name), childText(QString::fromStdString(value))));
    return parts.join(QLatin1String{"  "});
}

/// The value of a field; empty if there is none.
QString fieldOf(const fiberscope::LogEntry& report, std::string_view wanted) {
    for (const auto& [name, value] : report.fields)
        if (name == wanted && value != "[]")
            return QString::fromStdString(value);
    return {};
}

QString processName(const fiberscope::Event& event) {
    if (event.kind == fiberscope::EventKind::gave_up)
        return event.supervisor_name ? toQString(event.supervisor_name.name()) : QString{};
    if (event.kind == fiberscope::EventKind::log && !event.name && event.label.empty())
        return event.log ? fieldOf(*event.log, "registered_name") : QString{};
    return toQString(eventProcessName(event));
}

bool isNormalExit(const fiberscope::Event& event) {
    return event.kind == fiberscope::EventKind::exit && event.reason.is_clean();
}

} // namespace

LogLine logLine(const fiberscope::Event& event) {
    LogLine line;
    line.at = event.at;
    line.level = eventLevel(event);
    line.pid = event.pid;
    const bool isApplications =
        event.kind == fiberscope::EventKind::application_started || event.kind == fiberscope::EventKind::application_stopped;
    if (!isApplications) {
        line.name = processName(event);
        line.process = namedPidText(line.name, event.pid);
    }
    if (event.kind == fiberscope::EventKind::restart) {
        line.oldPid = event.old_pid;
        line.supervisor = event.supervisor;
        line.supervisorName = event.supervisor_name ? toQString(event.supervisor_name.name()) : QString{};
    }
    line.isExit = event.kind == fiberscope::EventKind::exit;
    line.stack = QString::fromStdString(event.stack_text);
    line.text = eventText(event);
    if (event.log && !event.log->fields.empty()) {
        line.report = event.log;
        line.text = reportText(*event.log);
    }
    return line;
}

LogLines logLines(const fiberscope::EventBatch& batch, bool keepsNormalExits, std::size_t most) {
    std::vector<const fiberscope::Event*> told;
    for (auto event = batch.events.rbegin(); event != batch.events.rend() && told.size() < most; ++event)
        if (keepsNormalExits || !isNormalExit(*event))
            told.push_back(&*event);
    LogLines lines;
    lines.reserve(told.size() + 1);
    if (batch.lost > 0)
        lines.push_back(std::make_shared<const LogLine>(
            lossLine(batch.lost, batch.events.empty() ? std::chrono::system_clock::now() : batch.events.front().at)));
    for (auto event = told.rbegin(); event != told.rend(); ++event)
        lines.push_back(std::make_shared<const LogLine>(logLine(**event)));
    return lines;
}

} // namespace fiberscope::widgets
