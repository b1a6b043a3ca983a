// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/application.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace fiberscope::detail {

/// The applications of a Node. It has no process of its own: whoever starts or stops an application does the waiting.
/// **Thread:** any. **Lifetime:** outlives the processes of its Node.
/// **Source:** application_controller.erl of OTP 25, rules A01 to A05.
class ApplicationController {
public:
    using Done = Result<std::monostate>;

    /// Makes an application known, so that it can be started by name. **Errors:** `{already_loaded,Name}`.
    Done load(Application application);
    /// Starts an application and waits until its tree stands; what is known of that name is replaced.
    /// **Blocks:** parks `caller`. **Errors:** `{not_started,Dependency}`, `{already_started,Name}`, `{Reason,start}`.
    Done start(Process& caller, Application application);
    /// The same by name. **Errors:** `{not_loaded,Name}`, too.
    Done start(Process& caller, Atom name, RestartType type);
    /// Starts an application after those that it depends on, and returns what was started, in that order. If one fails,
    /// those that this call started are stopped again (rule A01). **Blocks:** parks `caller`. **Errors:** `{Name,Reason}`.
    Result<std::vector<Atom>> ensure_all_started(Process& caller, Atom name, RestartType type);
    /// Stops an application and waits until its tree is down, however long that takes. One that ended by itself is
    /// answered with ok once. **Blocks:** parks `caller`. **Errors:** `{not_started,Name}`.
    Result<std::monostate> stop(Process& caller, Atom name);
    /// Stops all in reverse start order, each fully before the next (rule A04). **Blocks:** parks `caller`.
    void stop_all(Process& caller);
    /// Those that run, in start order. **Blocks:** never.
    std::vector<ApplicationInfo> running() const;

    // -- for the application master ----

    /// The tree of `application` stands.
    void started(const Application& application, Pid master, Pid supervisor);
    /// The application is over, for whatever reason. `by_itself`: nobody asked for it.
    void ended(Atom name, bool by_itself);

private:
    /// Starts `name` after its dependencies, adding to `started`; `above`: the chain of those that need it.
    Done start_with_dependencies(Process& caller, Atom name, RestartType type, std::vector<Atom>& above,
                                 std::vector<Atom>& started);
    std::optional<Application> loaded(Atom name) const;
    /// Checks the rules of a start and takes the name, so that nobody else starts the same.
    std::optional<ExitReason> claim(const Application& application);
    void release(Atom name);
    bool is_running(Atom name) const; ///< pre-condition: the lock is held
    void forget(Atom name, Pid master);

    mutable std::mutex mutex_; ///< protects all below; never held while anybody waits
    std::map<Atom, Application> loaded_;
    std::vector<ApplicationInfo> running_;
    std::set<Atom> starting_;
    std::set<Atom> ended_by_itself_; ///< since their last start
};

} // namespace fiberscope::detail
