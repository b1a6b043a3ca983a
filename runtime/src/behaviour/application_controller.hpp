// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/application.hpp>

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
    /// Starts an application and waits until its tree stands. **Blocks:** parks `caller`.
    /// **Errors:** `{not_started,Dependency}`, `{already_started,Name}`, `{Reason,start}`.
    Result<std::monostate> start(Process& caller, Application application);
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
    /// Checks the rules of a start and takes the name, so that nobody else starts the same.
    std::optional<ExitReason> claim(const Application& application);
    void release(Atom name);
    bool is_running(Atom name) const; ///< pre-condition: the lock is held

    mutable std::mutex mutex_; ///< protects all below; never held while anybody waits
    std::vector<ApplicationInfo> running_;
    std::set<Atom> starting_;
    std::set<Atom> ended_by_itself_; ///< since their last start
};

} // namespace fiberscope::detail
