// SPDX-License-Identifier: BSL-1.0
#include "behaviour/application_master.hpp"

#include "behaviour/application_controller.hpp"
#include "process/services.hpp"

#include <fiberscope/events.hpp>

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::detail {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

void record(Process& self, EventKind kind, Atom name, ExitReason reason) {
    Event event;
    event.kind = kind;
    event.pid = self.pid();
    event.name = name;
    event.reason = std::move(reason);
    record_event(self, std::move(event));
}

void log(Process& self, LogLevel level, std::string title, Fields fields) {
    Event event;
    event.kind = EventKind::log;
    event.pid = self.pid();
    event.log = std::make_shared<const LogEntry>(LogEntry{level, self.pid(), std::move(title), std::move(fields)});
    record_event(self, std::move(event));
}

} // namespace

ApplicationMaster::ApplicationMaster(ApplicationController* controller, Application application)
    : controller_{controller}, application_{std::move(application)} {
    self().trap_exit(true);
    const Result<Pid> supervisor = start_server(self(), application_.supervisor().start(), true);
    if (!supervisor) {
        log_exited(supervisor.error());
        stop(supervisor.error());
        return;
    }
    supervisor_ = *supervisor;
    controller_->started(application_, self().pid(), supervisor_);
    record(self(), EventKind::application_started, application_.name(), {});
    log(self(), LogLevel::info, "PROGRESS REPORT",
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
    const MonitorRef monitor = self().monitor(supervisor_);
    self().exit(supervisor_, ExitReason::shutdown());
    self().receive(on<Down>([monitor](const Down& down) { return down.ref == monitor; }, [](Down) {}));
}

void ApplicationMaster::handle_info(const Exit& exit) {
    if (exit.from != supervisor_)
        return;
    const RestartType type = application_.type();
    const bool stops_node = type == RestartType::permanent || (type == RestartType::transient && !exit.reason.is_normal());
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
    record(self(), EventKind::application_stopped, application_.name(), reason);
    log_exited(reason);
}

void ApplicationMaster::log_exited(const ExitReason& reason) {
    log(self(), LogLevel::notice, "NOTICE REPORT",
        {{"application", to_string(Term{application_.name()})},
         {"exited", to_string(reason)},
         {"type", std::string{to_string(application_.type())}}});
}

} // namespace fiberscope::detail
