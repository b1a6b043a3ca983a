// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/isolation.hpp>
#include <fiberscope/pid.hpp>
#include <fiberscope/snapshot.hpp>
#include <fiberscope/supervision.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

/// What to ask a process for; members of a set, joined by `|`.
enum class Inspect : std::uint32_t {
    links = 1U,    ///< links, monitors, monitored_by
    messages = 2U, ///< a page of its mailbox
    dictionary = 4U,
    state = 8U, ///< a server's state view
    ancestors = 16U,
    children = 32U, ///< a supervisor's children
    stack = 64U,
    all = 127U,
};
constexpr Inspect operator|(Inspect left, Inspect right) noexcept {
    return static_cast<Inspect>(static_cast<std::uint32_t>(left) | static_cast<std::uint32_t>(right));
}
constexpr bool has(Inspect set, Inspect member) noexcept {
    return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(member)) != 0;
}

/// Which entries of all that may be long: `count` from the `first` on, at most 100 a call. Entries are links, monitors, messages
/// (oldest first), keys of the dictionary (in order) and lines of a state. How many there are in all is told beside.
struct PageRange {
    std::size_t first = 0;
    std::size_t count = 100;
};

/// A message as text, cut at 4 KiB; `<unprintable TYPE>` where its formatter threw.
struct MessageText {
    std::string type;
    std::string text;
    Pid from;
};

/// Whom a process monitors. By name: `name` is set and `pid` is who had it when the monitor was made.
struct MonitorInfo {
    Ref ref;
    Pid pid;
    Atom name;
};

/// Whose code a frame executes.
enum class FrameKind : std::uint8_t {
    program, ///< the user's
    library, ///< the standard library's or another one's
    runtime, ///< what called the user's code, or was called by it: folded away by who shows stacks
};

/// One stack frame, innermost first.
struct FrameInfo {
    std::string function; ///< demangled, shortened for reading: `kv::Shard::handle_call`
    std::string file;     ///< empty if unknown
    int line = 0;
    FrameKind kind = FrameKind::program;
    bool is_inlined = false; ///< into the frame that follows
    std::uint32_t times = 1; ///< equal frames in a row: a recursion
};

/// A stack as text, one line a frame, as in OTP's crash reports: `function (file:line)`. The runtime's frames are left out.
std::string stack_text(const std::vector<FrameInfo>& stack);

/// What a process told about itself. Members that were not asked for stay empty.
struct Inspection {
    Pid pid;
    bool alive = false; ///< false: nothing else is set
    Status status = Status::waiting;
    Priority priority = Priority::normal;
    bool trap_exit = false;
    std::size_t link_count = 0;
    std::vector<Pid> links;
    std::size_t monitor_count = 0;
    std::vector<MonitorInfo> monitors;
    std::size_t monitored_by_count = 0;
    std::vector<Pid> monitored_by;
    std::size_t message_count = 0;
    std::vector<MessageText> messages;
    std::size_t dictionary_count = 0;
    std::vector<std::pair<std::string, std::string>> dictionary; ///< values cut at 4 KiB
    std::size_t state_lines = 0;                                 ///< of the whole text
    std::string state;                ///< of a server, some lines; `busy` inside a handler; empty: it has none
    std::string state_error;          ///< what its state() threw; then there is no state
    bool is_server_suspended = false; ///< by `sys::Suspend`; with the state
    std::vector<Pid> ancestors;       ///< parent first
    std::vector<FrameInfo> stack;     ///< of all kinds; empty for an idle server, which has none
    std::size_t heap_bytes = 0;       ///< in use of its `heap()`
    Limit heap_limit;
    Limit message_queue_limit;
    bool is_supervisor = false; ///< `supervisor` is set
    SupervisorInfo supervisor;
};

/// Receives one Inspection a pid, in the order asked. Called once, on some runtime thread: hand over and return.
/// **Errors:** what it throws is logged.
using InspectionHandler = std::function<void(std::vector<Inspection>)>;

} // namespace fiberscope
