// SPDX-License-Identifier: BSL-1.0
// The enumerators of the public headers as OTP writes them.
#include <fiberscope/events.hpp>
#include <fiberscope/inspect.hpp>
#include <fiberscope/snapshot.hpp>

#include <string_view>

namespace fiberscope {

std::string_view to_string(Priority priority) noexcept {
    switch (priority) {
    case Priority::low: return "low";
    case Priority::normal: return "normal";
    case Priority::high: return "high";
    case Priority::max: return "max";
    }
    return "";
}

std::string_view to_string(Status status) noexcept {
    switch (status) {
    case Status::runnable: return "runnable";
    case Status::running: return "running";
    case Status::waiting: return "waiting";
    case Status::suspended: return "suspended";
    case Status::blocking: return "blocking";
    case Status::exiting: return "exiting";
    }
    return "";
}

std::string_view to_string(SchedulerState state) noexcept {
    switch (state) {
    case SchedulerState::online: return "online";
    case SchedulerState::draining: return "draining";
    case SchedulerState::offline: return "offline";
    }
    return "";
}

std::string_view to_string(LogLevel level) noexcept {
    switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::notice: return "notice";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    case LogLevel::critical: return "critical";
    }
    return "";
}

std::string_view to_string(RestartType type) noexcept {
    switch (type) {
    case RestartType::permanent: return "permanent";
    case RestartType::transient: return "transient";
    case RestartType::temporary: return "temporary";
    }
    return "";
}

std::string_view to_string(ChildType type) noexcept {
    switch (type) {
    case ChildType::worker: return "worker";
    case ChildType::supervisor: return "supervisor";
    }
    return "";
}

std::string_view to_string(Strategy strategy) noexcept {
    switch (strategy) {
    case Strategy::one_for_one: return "one_for_one";
    case Strategy::one_for_all: return "one_for_all";
    case Strategy::rest_for_one: return "rest_for_one";
    case Strategy::simple_one_for_one: return "simple_one_for_one";
    }
    return "";
}

} // namespace fiberscope
