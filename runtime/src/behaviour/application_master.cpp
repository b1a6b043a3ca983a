// SPDX-License-Identifier: BSL-1.0
#include "behaviour/application_master.hpp"

#include "behaviour/application_controller.hpp"
#include "behaviour/services.hpp"

#include <fiberscope/events.hpp>

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::detail {
namespace {

void record(Process& self, EventKind kind, Atom name, Event what) {
    what.kind = kind;
    what.pid = self.pid();
    what.name = name;
    record_event(self, std::move(what));
}

} // namespace

ApplicationMaster::ApplicationMaster(ApplicationController* controller, Application application)
    : controller_{controller}, application_{std::move(application)} {
    self().trap_exit(true);
    become_group_leader(self());
    if (application_.start_callback()) {
        const Interruptible user_code{self()};
        application_.start_callback()(self());
    }
    const Result<Pid> supervisor = start_server(self(), application_.top(), true);
    if (!supervisor) {
        kill_group(self());
        log_exited(supervisor.error());
        stop(supervisor.error());
        return;
    }
    supervisor_ = *supervisor;
    controller_->started(self(), application_, supervisor_);
    Event start;
    start.supervisor = supervisor_;
    record(self(), EventKind::application_started, application_.name(), std::move(start));
    log_report(self(), LogLevel::info, self().pid(), "PROGRESS REPORT",
               {{"application", to_string(Term{application_.name()})}, {"started_at", to_string(supervisor_)}});
}

ApplicationMaster::~ApplicationMaster() {
    leave(ExitReason::killed(), true);
}

void ApplicationMaster::handle_cast(Stop) {
    stop_tree();
    leave(Term::atom("stopped"), false);
    stop();
}

void ApplicationMaster::terminate(const ExitReason& reason) {
    stop_tree();
    leave(reason, true);
}

void ApplicationMaster::stop_tree() {
    if (!supervisor_)
        return;
    run_ignoring_errors(application_.prep_stop_callback());
    const MonitorRef monitor = self().monitor(supervisor_);
    self().exit(supervisor_, ExitReason::shutdown());
    self().receive(on<Down>([monitor](const Down& down) { return down.ref == monitor; }, [](Down) {}));
    clean_up();
}

void ApplicationMaster::clean_up() {
    run_ignoring_errors(application_.stop_callback());
    kill_group(self());
}

void ApplicationMaster::run_ignoring_errors(const Application::Callback& callback) {
    try {
        const Interruptible user_code{self()};
        if (callback)
            callback(self());
    } catch (...) { // OTP calls them with `catch`, too; an exit of the master itself comes again at its next runtime call
    }
}

void ApplicationMaster::handle_info(const Exit& exit) {
    if (exit.from != supervisor_)
        return;
    const RestartType type = application_.type();
    const bool stops_node = type == RestartType::permanent || (type == RestartType::transient && !exit.reason.is_normal());
    run_ignoring_errors(application_.prep_stop_callback());
    clean_up();
    leave(exit.reason, true);
    if (stops_node)
        request_node_stop(self(), fmt::format("{} application {} ended: {}", to_string(type), application_.name().name(),
                                              to_string(exit.reason)));
    stop();
}

void ApplicationMaster::leave(const ExitReason& reason, bool by_itself) {
    if (!std::exchange(supervisor_, {}))
        return;
    controller_->ended(application_.name(), by_itself);
    Event end;
    end.reason = reason;
    record(self(), EventKind::application_stopped, application_.name(), std::move(end));
    log_exited(reason);
}

void ApplicationMaster::log_exited(const ExitReason& reason) {
    log_report(self(), LogLevel::notice, self().pid(), "NOTICE REPORT",
               {{"application", to_string(Term{application_.name()})},
                {"exited", to_string(reason)},
                {"type", std::string{to_string(application_.type())}}});
}

} // namespace fiberscope::detail
