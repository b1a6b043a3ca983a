// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/log_line.hpp"

#include "model/event_text.hpp"
#include "model/number_text.hpp"
#include "model/report_fields.hpp"
#include "model/text_format.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

namespace {

LogLine lossLine(std::uint64_t lost, std::chrono::system_clock::time_point at) {
    LogLine line;
    line.at = at;
    line.level = fiberscope::LogLevel::critical;
    line.text = QCoreApplication::translate("LogModel", "%1 lost here: they came faster than they could be read")
                    .arg(countText(lost, "event was", "events were"));
    line.isLoss = true;
    return line;
}

/// Of whom a report is, as far as it tells.
QString reportedName(const fiberscope::LogEntry& report, fiberscope::Pid pid) {
    for (const char* field : {"registered_name", "label"})
        if (const QString name = fieldOf(report, field); !name.isEmpty())
            return name;
    const QString caller = fieldOf(report, "caller"); // of a call cycle: `shop`, or `clerk 5 <0.90.0>`
    return caller.isEmpty() ? childIdOf(report, pid) : QString{caller}.remove(QLatin1Char{' '} + pidText(pid));
}

QString processName(const fiberscope::Event& event) {
    if (event.kind == fiberscope::EventKind::gave_up)
        return event.supervisor_name ? toQString(event.supervisor_name.name()) : QString{};
    const bool isNamed = event.name || !event.label.empty();
    if (!isNamed && event.log)
        if (const QString name = reportedName(*event.log, event.pid); !name.isEmpty())
            return name;
    if (!isNamed && event.kind == fiberscope::EventKind::restart && event.child_id.is_atom())
        return toQString(event.child_id.as_atom().name());
    return toQString(eventProcessName(event));
}

/// Some reports tell the pid alone; what else happened to that process tells its name.
void nameAll(const std::vector<std::shared_ptr<LogLine>>& lines, KnownNames& known) {
    constexpr qsizetype most = 20'000;
    if (known.size() > most)
        known.clear();
    for (const auto& line : lines)
        if (!line->name.isEmpty() && line->pid)
            known.insert(line->pid.bits(), line->name);
    for (const auto& line : lines)
        if (line->name.isEmpty() && !line->process.isEmpty()) {
            line->name = known.value(line->pid.bits());
            line->process = namedPidText(line->name, line->pid);
        }
}

bool isTold(const fiberscope::Event& event, bool keepsNormalExits) {
    return keepsNormalExits || event.kind != fiberscope::EventKind::exit || !event.reason.is_clean();
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
    line.report = event.log;
    if (event.log)
        line.text = reportText(*event.log, event.pid.node());
    return line;
}

LogLines logLines(const fiberscope::EventBatch& batch, bool keepsNormalExits, std::size_t most, KnownNames& known) {
    std::vector<const fiberscope::Event*> told;
    for (auto event = batch.events.rbegin(); event != batch.events.rend() && told.size() < most; ++event)
        if (isTold(*event, keepsNormalExits))
            told.push_back(&*event);
    LogLines lines;
    lines.reserve(told.size() + 1);
    if (batch.lost > 0)
        lines.push_back(std::make_shared<const LogLine>(
            lossLine(batch.lost, batch.events.empty() ? std::chrono::system_clock::now() : batch.events.front().at)));
    std::vector<std::shared_ptr<LogLine>> fresh;
    for (auto event = told.rbegin(); event != told.rend(); ++event)
        fresh.push_back(std::make_shared<LogLine>(logLine(**event)));
    nameAll(fresh, known);
    lines.insert(lines.end(), fresh.begin(), fresh.end());
    return lines;
}

std::size_t lineCount(const fiberscope::EventBatch& batch, bool keepsNormalExits) {
    const auto told = std::count_if(batch.events.begin(), batch.events.end(),
                                    [=](const auto& event) { return isTold(event, keepsNormalExits); });
    return static_cast<std::size_t>(told) + (batch.lost > 0 ? 1 : 0);
}

} // namespace fiberscope::widgets
