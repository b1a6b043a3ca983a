// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/supervisor.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

/// A named supervision tree that starts and stops as a whole. A value; `node.start(application)` starts it.
/// **Source:** OTP, kernel, manual page `application` (rules A01 to A06). Wanted differences: the top supervisor is given as a
/// value, `on_start` only runs before it; one process is application master and its child at once (A06); the environment and
/// start phases are left out.
class Application {
public:
    Application(Atom name, const Supervisor& top) : Application{name, top.start()} {}
    /// The same with a process of any kind for its top supervisor.
    Application(Atom name, ServerSpec top) : name_{name}, top_{std::move(top)} {}

    /// Applications that must run before this one starts.
    Application depends_on(std::vector<Atom> names) && {
        dependencies_ = std::move(names);
        return std::move(*this);
    }
    /// What its end means to the Node (rule A05); default temporary: it is only reported. The end of a permanent
    /// application, or the abnormal one of a transient, stops the Node, not the program.
    Application restart_type(RestartType type) && {
        type_ = type;
        return std::move(*this);
    }
    /// A callback of an application: runs in its application master.
    using Callback = std::function<void(Process& self)>;
    /// Runs before the tree starts (`Module:start/2`). What it throws makes the start fail with that reason.
    Application on_start(Callback callback) && {
        on_start_ = std::move(callback);
        return std::move(*this);
    }
    /// Runs before the tree is stopped, or after it ended by itself (`prep_stop/1`). What it throws is ignored.
    Application on_prep_stop(Callback callback) && {
        on_prep_stop_ = std::move(callback);
        return std::move(*this);
    }
    /// Runs after the tree has ended (`stop/1`). What it throws is ignored.
    Application on_stop(Callback callback) && {
        on_stop_ = std::move(callback);
        return std::move(*this);
    }
    /// One line for the reader of the observer.
    Application described(std::string text) && {
        description_ = std::move(text);
        return std::move(*this);
    }

    Atom name() const noexcept { return name_; }
    const ServerSpec& top() const noexcept { return top_; }
    const std::vector<Atom>& dependencies() const noexcept { return dependencies_; }
    RestartType type() const noexcept { return type_; }
    const std::string& description() const noexcept { return description_; }
    const Callback& start_callback() const noexcept { return on_start_; }
    const Callback& prep_stop_callback() const noexcept { return on_prep_stop_; }
    const Callback& stop_callback() const noexcept { return on_stop_; }

private:
    Atom name_;
    ServerSpec top_;
    std::vector<Atom> dependencies_;
    RestartType type_ = RestartType::temporary;
    std::string description_;
    Callback on_start_;
    Callback on_prep_stop_;
    Callback on_stop_;
};

/// A running application.
struct ApplicationInfo {
    Atom name;
    std::string description;
    RestartType type = RestartType::temporary;
    Pid master;     ///< its application master, a process of the Node
    Pid supervisor; ///< its top supervisor
};

} // namespace fiberscope
