// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/application.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

namespace fiberscope::detail {

class PendingReply;

/// The applications of a Node. It has no process of its own: whoever starts or stops an application does the waiting.
/// **Thread:** any. **Lifetime:** outlives the processes of its Node.
/// **Source:** application_controller.erl of OTP 25, rules A01 to A05.
class ApplicationController {
public:
    using Done = Result<std::monostate>;

    /// Makes an application known, so that it can be started by name. **Errors:** `{already_loaded,Name}`.
    Done load(Application application);
    /// Starts an application and waits until its tree stands; what is known of that name is replaced. If somebody starts it
    /// already, the answer is that of the first start, which goes on also if who asked for it is killed; if somebody stops
    /// it, or one that it needs, it waits until that is down.
    /// **Blocks:** parks `caller`. **Errors:** `{not_started,Dependency}`, `{not_running,Dependency}` if it ended by itself,
    /// `{already_started,Name}`, `{Reason,start}`, `node_stopped`.
    Done start(Process& caller, Application application);
    /// The same by name. **Errors:** `{not_loaded,Name}`, too.
    Done start(Process& caller, Atom name, RestartType type);
    /// Starts an application after those that it depends on, and returns those whose start answered ok, in that order; one
    /// that somebody else was starting is among them. If one fails, those that this call itself has started are stopped
    /// again (rule A01). **Blocks:** parks `caller`. **Errors:** `{Name,Reason}`.
    Result<std::vector<Atom>> ensure_all_started(Process& caller, Atom name, RestartType type);
    /// Stops an application and waits until its tree is down, however long that takes. One that ended by itself is
    /// answered with ok once. Who is second waits for the first, too. **Blocks:** parks `caller`.
    /// **Errors:** `{not_started,Name}`, also while it is being started.
    Result<std::monostate> stop(Process& caller, Atom name);
    /// Stops all in reverse start order, each fully before the next (rule A04). No start is accepted any more.
    /// **Blocks:** parks `caller`.
    void stop_all(Process& caller);
    /// Those that run, in start order. **Thread:** any.
    std::vector<ApplicationInfo> running() const;

    // -- for the application master ----

    /// The tree of `application` stands.
    void started(Process& master, const Application& application, Pid supervisor);
    /// The application is over, for whatever reason. `by_itself`: nobody asked for it.
    void ended(Atom name, bool by_itself);

private:
    /// An application on its way from one state to another. Nobody else moves it meanwhile: others wait.
    struct Change {
        enum class Kind : std::uint8_t { starting, stopping };
        Atom name;
        Kind kind = Kind::starting;
        Ref id;                                   ///< tells it from a later one of the same name
        Pid by;                                   ///< whose end is its end, too: the master; its starter until there is one
        bool has_master = false;                  ///< `by` is it
        std::vector<std::pair<Pid, Ref>> waiters; ///< who hears of its end, by the reference of a PendingReply
    };
    /// What a start came to; `is_own`: it was not that of another.
    struct Start {
        Done done;
        bool is_own;
    };

    Start start_or_wait(Process& caller, const Application& application);
    Done carry_out_start(Process& caller, const Application& application, Ref change);
    void carry_out_stop(Process& caller, Atom name, Pid master, Ref change, PendingReply& end);
    /// Starts `name` after its dependencies, adding to `started`; `above`: the chain of those that need it; `own`: what is to
    /// be stopped if it fails.
    Done start_with_dependencies(Process& caller, Atom name, RestartType type, std::vector<Atom>& above,
                                 std::vector<Atom>& started, std::vector<Atom>& own);
    std::optional<Application> loaded(Atom name) const;
    /// Waits until `change`, which the caller has joined, is over. How it ended (a failure, too, if the caller unwinds, who
    /// waits for nothing); nothing: it was given up, look again.
    std::optional<Done> await_end(const Change& change, PendingReply& news);
    /// It is over: who waits hears it. `answer`: how it ended; nothing: it was given up, they look again.
    void finish(Process& caller, Atom name, Ref change, const std::optional<Done>& answer);
    static void tell(Process& caller, const Change& change, const std::optional<Done>& answer);

    // -- **Pre-condition** of all these: the lock is held ----

    Change* change_of(Atom name);
    Change* in_the_way(const Application& application);
    Change join(Change& change, Process& caller, const PendingReply& news);
    Ref begin(Change::Kind kind, Atom name, Pid by);
    std::optional<Change> take(Atom name, Ref change);
    /// Why a start is refused by the rules.
    std::optional<ExitReason> refusal_of(const Application& application) const;
    bool is_running(Atom name) const;
    void forget(Atom name, Pid master);

    mutable std::mutex mutex_; ///< protects all below; never held while anybody waits
    std::map<Atom, Application> loaded_;
    std::vector<ApplicationInfo> running_;
    std::vector<Change> changes_;    ///< at most one a name
    bool is_closing_ = false;        ///< stop_all was called
    std::set<Atom> ended_by_itself_; ///< since their last start
};

} // namespace fiberscope::detail
