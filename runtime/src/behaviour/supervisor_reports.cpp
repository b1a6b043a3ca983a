// SPDX-License-Identifier: BSL-1.0
#include "behaviour/supervisor_reports.hpp"

#include "base/intern.hpp"
#include "behaviour/child_process.hpp"
#include "process/services.hpp"

#include <algorithm>
#include <memory>

namespace fiberscope::detail {
namespace {

Term field(std::string_view name, Term value) {
    return Term::tuple({Term::atom(name), std::move(value)});
}

Term pid_field(Pid pid) {
    return field("pid", pid ? Term{pid} : Term{});
}

/// A child as OTP's extract_child shows it; `first` says which process, or how many.
std::string offender(Term first, const ChildSpec& spec) {
    return to_string(
        Term::list({std::move(first), field("id", spec.id), field("mfargs", start_function(spec)),
                    field("restart_type", Term::atom(to_string(spec.options.restart))),
                    field("significant", Term::boolean(spec.options.significant)), field("shutdown", to_term(spec.shutdown())),
                    field("child_type", Term::atom(to_string(spec.type())))}));
}

} // namespace

void SupervisorReports::started(const Child& child, Pid pid) {
    log(LogLevel::info, pid, "PROGRESS REPORT",
        {{"supervisor", supervisor_text()}, {"started", offender(pid_field(pid), *child.spec)}});
}

void SupervisorReports::failed(std::string_view context, const Child& child, Pid pid, const ExitReason& reason) {
    report(context, pid ? pid : self_->pid(), reason, offender(pid_field(pid), *child.spec));
}

void SupervisorReports::failed_to_stop(const ChildSpec& spec, std::size_t count, const ExitReason& reason) {
    report("shutdown_error", self_->pid(), reason, offender(field("nb_children", Term{count}), spec));
}

void SupervisorReports::report(std::string_view context, Pid about, const ExitReason& reason, std::string offender) {
    log(LogLevel::error, about, "SUPERVISOR REPORT",
        {{"supervisor", supervisor_text()},
         {"errorContext", std::string{context}},
         {"reason", to_string(reason)},
         {"offender", std::move(offender)}});
}

void SupervisorReports::restarted(const Child& child, Pid old_pid, std::int64_t now_ns) {
    Event event;
    event.kind = EventKind::restart;
    event.pid = child.pid;
    event.name = registered_name(*child.spec);
    event.reason = child.last_exit_reason;
    event.supervisor = self_->pid();
    event.supervisor_name = name_;
    event.child_id = child.spec->id;
    event.old_pid = old_pid;
    event.restart_us = static_cast<std::uint64_t>(std::max<std::int64_t>(now_ns - child.ended_ns, 0)) / 1000;
    record_event(*self_, std::move(event));
}

void SupervisorReports::gave_up(const Child& child) {
    failed("shutdown", child, child.old_pid, Term::atom("reached_max_restart_intensity"));
    Event event;
    event.kind = EventKind::gave_up;
    event.pid = self_->pid();
    event.supervisor = self_->pid();
    event.supervisor_name = name_;
    event.child_id = child.spec->id;
    event.reason = ExitReason::shutdown();
    record_event(*self_, std::move(event));
}

void SupervisorReports::log(LogLevel level, Pid about, std::string title,
                            std::vector<std::pair<std::string, std::string>> fields) {
    Event event;
    event.kind = EventKind::log;
    event.pid = about;
    event.log = std::make_shared<const LogEntry>(LogEntry{level, about, std::move(title), std::move(fields)});
    record_event(*self_, std::move(event));
}

std::string SupervisorReports::supervisor_text() const {
    return name_ ? to_string(Term{name_}) : to_string(self_->pid());
}

} // namespace fiberscope::detail
