// SPDX-License-Identifier: BSL-1.0
#include "behaviour/supervisor_reports.hpp"

#include "base/readable_name.hpp"
#include "base/report_text.hpp"
#include "behaviour/child_process.hpp"
#include "behaviour/services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace fiberscope::detail {
namespace {

std::string pid_field(Pid pid) {
    return "{pid," + (pid ? to_string(pid) : "undefined") + "}";
}

} // namespace

void SupervisorReports::started(const Child& child, Pid pid) {
    log_report(*self_, LogLevel::info, pid, "PROGRESS REPORT",
               {{"supervisor", supervisor_text()}, {"started", offender(pid_field(pid), *child.spec)}});
}

void SupervisorReports::failed(std::string_view context, const Child& child, Pid pid, const ExitReason& reason) {
    report(context, pid ? pid : self_->pid(), reason, offender(pid_field(pid), *child.spec));
}

void SupervisorReports::failed_to_stop(const ChildSpec& spec, std::size_t count, const ExitReason& reason) {
    report("shutdown_error", self_->pid(), reason, offender(fmt::format("{{nb_children,{}}}", count), spec));
}

// Written by hand instead of as a Term: a report stands between a child's end and its restart.
std::string SupervisorReports::offender(const std::string& first, const ChildSpec& spec) {
    return fmt::format("[{},{{id,{}}},{{mfargs,{}}},{{restart_type,{}}},{{significant,{}}},{{shutdown,{}}},{{child_type,{}}}]",
                       first, to_string(spec.id), function_text(spec), to_string(spec.options.restart), spec.options.significant,
                       to_string(to_term(spec.shutdown())), to_string(spec.type()));
}

std::string SupervisorReports::function_text(const ChildSpec& spec) {
    const StartFunctionName function = start_function_name(spec);
    if (!function.given.empty())
        return to_string(Term::atom(function.given));
    if (function.mangled_type == nullptr)
        return "undefined";
    std::string& text = functions_[function.mangled_type];
    if (text.empty())
        text = to_string(Term::atom(readable_function(demangle(function.mangled_type))));
    return text;
}

void SupervisorReports::report(std::string_view context, Pid about, const ExitReason& reason, std::string offender) {
    log_report(*self_, LogLevel::error, about, "SUPERVISOR REPORT",
               {{"supervisor", supervisor_text()},
                {"errorContext", std::string{context}},
                {"reason", report_text(reason.term())},
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

std::string SupervisorReports::supervisor_text() const {
    return name_ ? to_string(Term{name_}) : to_string(self_->pid());
}

} // namespace fiberscope::detail
