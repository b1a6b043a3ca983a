// SPDX-License-Identifier: BSL-1.0
/// The words of supervision, and what a supervisor tells of itself.
#pragma once

#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

enum class RestartType : std::uint8_t { permanent, transient, temporary };
enum class ChildType : std::uint8_t { worker, supervisor };
enum class Strategy : std::uint8_t { one_for_one, one_for_all, rest_for_one, simple_one_for_one };
std::string_view to_string(RestartType type) noexcept;
std::string_view to_string(ChildType type) noexcept;
std::string_view to_string(Strategy strategy) noexcept;

/// A child as its supervisor sees it.
struct ChildInfo {
    enum class State : std::uint8_t {
        running,
        restarting, ///< its restart failed and is tried again
        stopped,    ///< has no process: stopped by hand, ended well, or answered `ignore`
    };
    Term id;
    Pid pid; ///< the default Pid unless running; restarting under simple_one_for_one: the pid that it had
    State state = State::stopped;
    ChildType type = ChildType::worker;
    RestartType restart = RestartType::permanent;
    std::string shutdown; ///< `5000`, `infinity`, `brutal_kill`
    bool significant = false;
    std::uint64_t restarts = 0;        ///< since the supervisor started
    Term last_exit_reason;             ///< `undefined` if it never ended
    std::int64_t last_restart_ms = -1; ///< when, since the start of the Node; -1: never
};

/// A supervisor as it sees itself.
struct SupervisorInfo {
    Strategy strategy = Strategy::one_for_one;
    std::uint32_t intensity = 1;
    std::uint32_t period_s = 5;
    std::uint32_t restarts_in_period = 0; ///< `2 of 3 in 5 s`: the 2
    std::uint64_t restarts = 0;           ///< since its start
    std::uint64_t child_count = 0;
    std::vector<ChildInfo> children; ///< in start order
};

} // namespace fiberscope
