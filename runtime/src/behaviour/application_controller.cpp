// SPDX-License-Identifier: BSL-1.0
#include "behaviour/application_controller.hpp"

#include "base/scope_exit.hpp"
#include "behaviour/application_master.hpp"
#include "behaviour/services.hpp"
#include "process/pending_reply.hpp"
#include "process/process_system.hpp"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

namespace fiberscope::detail {
namespace {

/// What those hear who wait for the end of a change; a message of the runtime's own.
struct ChangeOver {
    enum class Outcome : std::uint8_t { done, failed, look_again };
    Outcome outcome;
    ExitReason reason;
};

ExitReason refused(std::string_view why, Atom name) {
    return Term::tuple({Term::atom(why), name});
}

Result<std::monostate> ok() {
    return {boost::system::in_place_value};
}

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

// -- starting ----

Result<std::monostate> ApplicationController::start(Process& caller, Application application) {
    return start_or_wait(caller, application).done;
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
    std::vector<Atom> own;
    const Done done = start_with_dependencies(caller, name, type, above, started, own);
    if (done)
        return started;
    for (auto undone = own.rbegin(); undone != own.rend(); ++undone)
        static_cast<void>(stop(caller, *undone)); // fails only if it has ended meanwhile
    return done.error();
}

/// Each round waits for a start, its own or that of another.
Result<std::monostate> ApplicationController::start_with_dependencies(Process& caller, Atom name, RestartType type,
                                                                      std::vector<Atom>& above, std::vector<Atom>& started,
                                                                      std::vector<Atom>& own) {
    if (std::find(above.begin(), above.end(), name) != above.end())
        return refused("depends_on_itself", name);
    for (;;) {
        auto application = loaded(name);
        const Start start = application ? start_or_wait(caller, std::move(*application).restart_type(type))
                                        : Start{refused("not_loaded", name), true};
        if (start.done) {
            started.push_back(name);
            if (start.is_own)
                own.push_back(name);
            return start.done;
        }
        const Term why = start.done.error().term();
        if (why.is_tagged("already_started"))
            return ok();
        if (!why.is_tagged("not_started"))
            return ExitReason{Term::tuple({name, why})};
        above.push_back(name);
        if (const Done dependency = start_with_dependencies(caller, why.elements()[1].as_atom(), type, above, started, own);
            !dependency)
            return dependency;
        above.pop_back();
    }
}

ApplicationController::Start ApplicationController::start_or_wait(Process& caller, const Application& application) {
    for (;;) {
        PendingReply news{ProcessAccess::life(caller), ProcessSystem::make_ref()};
        std::optional<Change> other;
        Ref own;
        {
            const std::lock_guard lock{mutex_};
            if (Change* change = in_the_way(application))
                other = join(*change, caller, news);
            else if (auto refusal = refusal_of(application))
                return {std::move(*refusal), true};
            else {
                loaded_.insert_or_assign(application.name(), application);
                own = begin(Change::Kind::starting, application.name(), caller.pid());
                ended_by_itself_.erase(application.name());
            }
        }
        if (!other)
            return {carry_out_start(caller, application, own), true};
        auto answer = await_end(*other, news);
        if (answer && (other->kind == Change::Kind::starting || !*answer))
            return {std::move(*answer), false};
    }
}

/// If the caller is killed meanwhile, the master goes on, as OTP's controller does, and who waits hears of it from there.
Result<std::monostate> ApplicationController::carry_out_start(Process& caller, const Application& application, Ref change) {
    const Atom name = application.name();
    bool is_spawned = false;
    const ScopeExit give_up{[&] {
        if (!is_spawned)
            finish(caller, name, change, std::nullopt);
    }};
    ServerSpec master = ApplicationMaster::start(this, application);
    master.options.label = "application master " + std::string{name.name()};
    master.options.initial_function = "ApplicationMaster";
    const Result<Pid> started = start_server(caller, master, false, true, [&](Pid spawned) {
        is_spawned = true;
        const std::lock_guard lock{mutex_};
        Change* own = change_of(name);
        if (own == nullptr || own->id != change)
            return; // it has been quick
        own->by = spawned;
        own->has_master = true;
    });
    const Done answer = started ? ok() : Done{ExitReason{Term::tuple({started.error().term(), Term::atom("start")})}};
    finish(caller, name, change, answer);
    return answer;
}

std::optional<ExitReason> ApplicationController::refusal_of(const Application& application) const {
    if (is_closing_)
        return Term::atom("node_stopped");
    if (is_running(application.name()))
        return refused("already_started", application.name());
    for (const Atom dependency : application.dependencies())
        if (!is_running(dependency)) // one that ended by itself counts as started until it is stopped or started again
            return refused(ended_by_itself_.contains(dependency) ? "not_running" : "not_started", dependency);
    return std::nullopt;
}

bool ApplicationController::is_running(Atom name) const {
    return std::any_of(running_.begin(), running_.end(), [name](const ApplicationInfo& info) { return info.name == name; });
}

// -- between two states ----

ApplicationController::Change* ApplicationController::change_of(Atom name) {
    const auto found =
        std::find_if(changes_.begin(), changes_.end(), [name](const Change& change) { return change.name == name; });
    return found != changes_.end() ? &*found : nullptr;
}

/// The change that a start has to wait for: of the application itself, or the stop of one that it needs. One that it needs
/// and that is being started is `not_started`, as in OTP.
ApplicationController::Change* ApplicationController::in_the_way(const Application& application) {
    if (Change* own = change_of(application.name()))
        return own;
    for (const Atom dependency : application.dependencies())
        if (Change* change = change_of(dependency); change != nullptr && change->kind == Change::Kind::stopping)
            return change;
    return nullptr;
}

ApplicationController::Change ApplicationController::join(Change& change, Process& caller, const PendingReply& news) {
    change.waiters.emplace_back(caller.pid(), news.ref());
    Change joined = change;
    joined.waiters.clear();
    return joined;
}

Ref ApplicationController::begin(Change::Kind kind, Atom name, Pid by) {
    const Ref id = ProcessSystem::make_ref();
    changes_.push_back({name, kind, id, by, kind == Change::Kind::stopping, {}});
    return id;
}

std::optional<ApplicationController::Change> ApplicationController::take(Atom name, Ref change) {
    Change* found = change_of(name);
    if (found == nullptr || found->id != change)
        return std::nullopt;
    std::optional<Change> taken{std::move(*found)};
    changes_.erase(changes_.begin() + (found - changes_.data()));
    return taken;
}

std::optional<Result<std::monostate>> ApplicationController::await_end(const Change& change, PendingReply& news) {
    news.monitor(change.by);
    const auto told = news.wait(infinity);
    if (!told)
        return Done{ExitReason::noproc()}; // the caller unwinds: nothing is waited for
    if (*told) {
        const auto& over = *static_cast<const ChangeOver*>((**told)->value);
        if (over.outcome == ChangeOver::Outcome::look_again)
            return std::nullopt;
        return over.outcome == ChangeOver::Outcome::done ? ok() : Done{over.reason};
    }
    const std::lock_guard lock{mutex_}; // who made it has ended without a word
    const Change* now = change_of(change.name);
    if (now != nullptr && now->id == change.id && now->by == change.by)
        take(change.name, change.id);
    if (change.kind == Change::Kind::stopping) {
        forget(change.name, change.by);
        return ok();
    }
    if (!change.has_master || told->error() == ExitReason::noproc())
        return std::nullopt;
    return Done{ExitReason{Term::tuple({told->error().term(), Term::atom("start")})}};
}

void ApplicationController::finish(Process& caller, Atom name, Ref change, const std::optional<Done>& answer) {
    std::optional<Change> over;
    {
        const std::lock_guard lock{mutex_};
        over = take(name, change);
    }
    if (over)
        tell(caller, *over, answer);
}

/// Who is not told for want of memory hears of the end of who made the change.
void ApplicationController::tell(Process& caller, const Change& change, const std::optional<Done>& answer) {
    ChangeOver over{ChangeOver::Outcome::look_again, {}};
    if (answer)
        over = *answer ? ChangeOver{ChangeOver::Outcome::done, {}} : ChangeOver{ChangeOver::Outcome::failed, answer->error()};
    for (const auto& [waiter, news] : change.waiters)
        try {
            send_reply(caller, waiter, news, std::make_unique<Envelope<ChangeOver>>(SignalKind::message, over));
        } catch (const std::bad_alloc&) {
        }
}

// -- stopping ----

Result<std::monostate> ApplicationController::stop(Process& caller, Atom name) {
    for (;;) {
        PendingReply news{ProcessAccess::life(caller), ProcessSystem::make_ref()};
        std::optional<Change> other;
        Pid master;
        Ref own;
        {
            const std::lock_guard lock{mutex_};
            const auto found =
                std::find_if(running_.begin(), running_.end(), [name](const ApplicationInfo& info) { return info.name == name; });
            if (Change* change = change_of(name); change != nullptr && change->kind == Change::Kind::stopping)
                other = join(*change, caller, news);
            else if (found != running_.end()) {
                master = found->master;
                own = begin(Change::Kind::stopping, name, master);
            } else if (ended_by_itself_.erase(name) == 0)
                return refused("not_started", name);
            else
                return ok();
        }
        if (!other) {
            carry_out_stop(caller, name, master, own, news);
            return ok();
        }
        if (await_end(*other, news))
            return refused("not_started", name); // the other has stopped it: what becomes of it afterwards is not its matter
    }
}

void ApplicationController::carry_out_stop(Process& caller, Atom name, Pid master, Ref change, PendingReply& end) {
    bool is_told = false;
    const ScopeExit give_up{[&] {
        if (!is_told)
            finish(caller, name, change, std::nullopt);
    }};
    end.monitor(master);
    caller.cast(master, ApplicationMaster::Stop{});
    is_told = true; // from here on its end is the end of the change, whatever becomes of the caller
    end.wait(infinity);
    {
        const std::lock_guard lock{mutex_};
        forget(name, master);
    }
    finish(caller, name, change, ok());
}

/// A master that was abandoned could not say that it has ended.
void ApplicationController::forget(Atom name, Pid master) {
    const auto left =
        std::erase_if(running_, [&](const ApplicationInfo& info) { return info.name == name && info.master == master; });
    if (left > 0)
        ended_by_itself_.insert(name);
}

void ApplicationController::stop_all(Process& caller) {
    {
        const std::lock_guard lock{mutex_};
        is_closing_ = true;
    }
    for (auto left = running(); !left.empty(); left = running())
        static_cast<void>(stop(caller, left.back().name)); // fails only if it has ended meanwhile
}

std::vector<ApplicationInfo> ApplicationController::running() const {
    const std::lock_guard lock{mutex_};
    return running_;
}

void ApplicationController::started(Process& master, const Application& application, Pid supervisor) {
    std::optional<Change> over;
    {
        const std::lock_guard lock{mutex_};
        running_.push_back({application.name(), application.description(), application.type(), master.pid(), supervisor});
        if (const Change* change = change_of(application.name()))
            over = take(application.name(), change->id);
    }
    if (over)
        tell(master, *over, ok());
}

void ApplicationController::ended(Atom name, bool by_itself) {
    const std::lock_guard lock{mutex_};
    std::erase_if(running_, [name](const ApplicationInfo& info) { return info.name == name; });
    if (by_itself)
        ended_by_itself_.insert(name);
}

} // namespace fiberscope::detail
