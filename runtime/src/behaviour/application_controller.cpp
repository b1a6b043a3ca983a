// SPDX-License-Identifier: BSL-1.0
#include "behaviour/application_controller.hpp"

#include "behaviour/application_master.hpp"
#include "process/services.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace fiberscope::detail {
namespace {

ExitReason refused(std::string_view why, Atom name) {
    return Term::tuple({Term::atom(why), name});
}

Result<std::monostate> ok() {
    return {boost::system::in_place_value};
}

/// Gives a claimed name back however the start ends, by a kill of the caller, too.
template <class Release>
struct OnReturn {
    Release release;
    ~OnReturn() { release(); }
};
template <class Release>
OnReturn(Release) -> OnReturn<Release>;

} // namespace

Result<std::monostate> ApplicationController::load(Application application) {
    const Atom name = application.name();
    const std::lock_guard lock{mutex_};
    if (!loaded_.emplace(name, std::move(application)).second)
        return refused("already_loaded", name);
    return ok();
}

std::optional<Application> ApplicationController::loaded(Atom name) const {
    const std::lock_guard lock{mutex_};
    const auto found = loaded_.find(name);
    return found != loaded_.end() ? std::optional{found->second} : std::nullopt;
}

Result<std::monostate> ApplicationController::start(Process& caller, Atom name, RestartType type) {
    auto application = loaded(name);
    if (!application)
        return refused("not_loaded", name);
    return start(caller, std::move(*application).restart_type(type));
}

Result<std::vector<Atom>> ApplicationController::ensure_all_started(Process& caller, Atom name, RestartType type) {
    std::vector<Atom> above;
    std::vector<Atom> started;
    const Done done = start_with_dependencies(caller, name, type, above, started);
    if (done)
        return started;
    for (auto undone = started.rbegin(); undone != started.rend(); ++undone)
        static_cast<void>(stop(caller, *undone)); // fails only if it has ended meanwhile
    return done.error();
}

Result<std::monostate> ApplicationController::start_with_dependencies(Process& caller, Atom name, RestartType type,
                                                                      std::vector<Atom>& above, std::vector<Atom>& started) {
    if (std::find(above.begin(), above.end(), name) != above.end())
        return refused("depends_on_itself", name);
    for (;;) {
        const Done done = start(caller, name, type);
        if (done) {
            started.push_back(name);
            return done;
        }
        const Term why = done.error().term();
        if (why.is_tagged("already_started"))
            return ok();
        if (!why.is_tagged("not_started"))
            return ExitReason{Term::tuple({name, why})};
        above.push_back(name);
        if (const Done dependency = start_with_dependencies(caller, why.elements()[1].as_atom(), type, above, started);
            !dependency)
            return dependency;
        above.pop_back();
    }
}

Result<std::monostate> ApplicationController::start(Process& caller, Application application) {
    if (auto refusal = claim(application))
        return std::move(*refusal);
    const Atom name = application.name();
    const OnReturn release_name{[&] { release(name); }};
    ServerSpec master = ApplicationMaster::start(this, std::move(application));
    master.options.label = "application master " + std::string{name.name()};
    master.options.initial_function = "ApplicationMaster";
    const Result<Pid> started = start_server(caller, master, false, true);
    if (!started)
        return ExitReason{Term::tuple({started.error().term(), Term::atom("start")})};
    return ok();
}

std::optional<ExitReason> ApplicationController::claim(const Application& application) {
    const std::lock_guard lock{mutex_};
    if (is_running(application.name()) || starting_.contains(application.name()))
        return refused("already_started", application.name());
    for (const Atom dependency : application.dependencies())
        if (!is_running(dependency)) // one that ended by itself counts as started until it is stopped or started again
            return refused(ended_by_itself_.contains(dependency) ? "not_running" : "not_started", dependency);
    loaded_.insert_or_assign(application.name(), application);
    starting_.insert(application.name());
    ended_by_itself_.erase(application.name());
    return std::nullopt;
}

void ApplicationController::release(Atom name) {
    const std::lock_guard lock{mutex_};
    starting_.erase(name);
}

bool ApplicationController::is_running(Atom name) const {
    return std::any_of(running_.begin(), running_.end(), [name](const ApplicationInfo& info) { return info.name == name; });
}

Result<std::monostate> ApplicationController::stop(Process& caller, Atom name) {
    Pid master;
    {
        const std::lock_guard lock{mutex_};
        const auto found =
            std::find_if(running_.begin(), running_.end(), [name](const ApplicationInfo& info) { return info.name == name; });
        if (found == running_.end()) {
            if (ended_by_itself_.erase(name) == 0)
                return refused("not_started", name);
            return ok();
        }
        master = found->master;
    }
    const MonitorRef monitor = caller.monitor(master);
    caller.cast(master, ApplicationMaster::Stop{});
    caller.receive(on<Down>([monitor](const Down& down) { return down.ref == monitor; }, [](Down) {}));
    forget(name, master);
    return ok();
}

/// A master that was abandoned could not say that it has ended.
void ApplicationController::forget(Atom name, Pid master) {
    const std::lock_guard lock{mutex_};
    const auto left =
        std::erase_if(running_, [&](const ApplicationInfo& info) { return info.name == name && info.master == master; });
    if (left > 0)
        ended_by_itself_.insert(name);
}

void ApplicationController::stop_all(Process& caller) {
    for (auto left = running(); !left.empty(); left = running())
        static_cast<void>(stop(caller, left.back().name)); // fails only if it has ended meanwhile
}

std::vector<ApplicationInfo> ApplicationController::running() const {
    const std::lock_guard lock{mutex_};
    return running_;
}

void ApplicationController::started(const Application& application, Pid master, Pid supervisor) {
    const std::lock_guard lock{mutex_};
    running_.push_back({application.name(), application.description(), application.type(), master, supervisor});
}

void ApplicationController::ended(Atom name, bool by_itself) {
    const std::lock_guard lock{mutex_};
    std::erase_if(running_, [name](const ApplicationInfo& info) { return info.name == name; });
    if (by_itself)
        ended_by_itself_.insert(name);
}

} // namespace fiberscope::detail
