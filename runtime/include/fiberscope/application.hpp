// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/inspect.hpp>
#include <fiberscope/supervisor.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope {

/// A named supervision tree that starts and stops as a whole. A value; `node.start(application)` starts it.
/// **Source:** OTP `application`.
class Application {
public:
    Application(Atom name, Supervisor supervisor) : name_{name}, supervisor_{std::move(supervisor)} {}

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
    /// One line for the reader of the observer.
    Application described(std::string text) && {
        description_ = std::move(text);
        return std::move(*this);
    }

    Atom name() const noexcept { return name_; }
    const Supervisor& supervisor() const noexcept { return supervisor_; }
    const std::vector<Atom>& dependencies() const noexcept { return dependencies_; }
    RestartType type() const noexcept { return type_; }
    const std::string& description() const noexcept { return description_; }

private:
    Atom name_;
    Supervisor supervisor_;
    std::vector<Atom> dependencies_;
    RestartType type_ = RestartType::temporary;
    std::string description_;
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
