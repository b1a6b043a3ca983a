// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/event_text.hpp"

#include "model/line_text.hpp"
#include "model/text_format.hpp"

#include <fiberscope/snapshot.hpp>

#include <QStringList>

namespace fiberscope::widgets {

namespace {

QString reasonText(const fiberscope::Event& event) {
    return wholeLineText(endReasonText(event));
}

/// A supervisor's registered name; without one its pid.
QString supervisorText(const fiberscope::Event& event) {
    return event.supervisor_name ? lineText(toQString(event.supervisor_name.name())) : pidText(event.supervisor);
}

/// A child's id, with its registered name where that says more.
QString childText(const fiberscope::Event& event) {
    const QString id = termText(event.child_id);
    const QString name = event.name ? toQString(event.name.name()) : QString{};
    if (id == QLatin1String{"undefined"} || id == name)
        return name.isEmpty() ? QStringLiteral("a child") : lineText(name);
    return name.isEmpty() ? wholeLineText(id) : QStringLiteral("%1 (%2)").arg(lineText(name), wholeLineText(id));
}

QString exitText(const fiberscope::Event& event) {
    const QString who = namedPidText(toQString(eventProcessName(event)), event.pid);
    return QStringLiteral("%1 exited: %2 (lived %3)").arg(who, reasonText(event), durationText(event.age_ms));
}

QString restartText(const fiberscope::Event& event) {
    return QStringLiteral("%1 restarted %2: %3 → %4 after %5 (%6)")
        .arg(supervisorText(event), childText(event), pidText(event.old_pid), pidText(event.pid),
             microsecondsText(event.restart_us), reasonText(event));
}

QString gaveUpText(const fiberscope::Event& event) {
    const QString who =
        event.supervisor_name ? namedPidText(toQString(event.supervisor_name.name()), event.pid) : pidText(event.pid);
    return QStringLiteral("%1 gave up: restart intensity reached by %2 (%3)").arg(who, childText(event), reasonText(event));
}

} // namespace

QString endReasonText(const fiberscope::Event& event) {
    const QString reason = termText(event.reason.term());
    QStringList remarks;
    if (!event.note.empty())
        remarks += QString::fromStdString(event.note);
    if (event.abandoned)
        remarks += QStringLiteral("abandoned");
    return remarks.isEmpty() ? reason : QStringLiteral("%1 (%2)").arg(reason, remarks.join(QLatin1String{", "}));
}

std::string_view eventProcessName(const fiberscope::Event& event) {
    if (event.name)
        return event.name.name();
    if (!event.label.empty())
        return event.label;
    return event.initial_function != 0 ? fiberscope::name_of(event.initial_function) : std::string_view{};
}

QString eventText(const fiberscope::Event& event) {
    const QString name = lineText(toQString(event.name.name()));
    switch (event.kind) {
    case fiberscope::EventKind::exit: return exitText(event);
    case fiberscope::EventKind::restart: return restartText(event);
    case fiberscope::EventKind::gave_up: return gaveUpText(event);
    case fiberscope::EventKind::application_started: return QStringLiteral("application %1 started").arg(name);
    case fiberscope::EventKind::application_stopped:
        return QStringLiteral("application %1 stopped: %2").arg(name, reasonText(event));
    case fiberscope::EventKind::log: return event.log ? wholeLineText(toQString(event.log->title)) : QString{};
    }
    return {};
}

// Who stops an application makes its reason `stopped`. That of one whose top supervisor gave up is shutdown.
bool isByItself(const fiberscope::ExitReason& reason) {
    return !reason.is_normal() && !reason.term().is_atom("stopped");
}

fiberscope::LogLevel eventLevel(const fiberscope::Event& event) {
    using fiberscope::LogLevel;
    switch (event.kind) {
    case fiberscope::EventKind::exit: return event.reason.is_clean() ? LogLevel::debug : LogLevel::warning;
    case fiberscope::EventKind::restart: return LogLevel::notice;
    case fiberscope::EventKind::gave_up: return LogLevel::error;
    case fiberscope::EventKind::application_started: return LogLevel::info;
    case fiberscope::EventKind::application_stopped: return isByItself(event.reason) ? LogLevel::error : LogLevel::notice;
    case fiberscope::EventKind::log: return event.log ? event.log->level : LogLevel::info;
    }
    return LogLevel::info;
}

} // namespace fiberscope::widgets
