// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

/// Severity of a log event, in the words of OTP's logger.
enum class LogLevel : std::uint8_t { debug, info, notice, warning, error, critical };
std::string_view to_string(LogLevel level) noexcept;

/// One entry of the log: a report of a supervisor, of a crashed process, of an application, or a process's own line.
struct LogEntry {
    /// The field of a crash report that `events_after` fills with the name of the process's initial function.
    static constexpr const char* initial_call = "initial_call";

    LogLevel level = LogLevel::info;
    Pid pid;           ///< whom it is about
    std::string title; ///< `SUPERVISOR REPORT`, `CRASH REPORT`, `PROGRESS REPORT`, ... or the line itself
    /// The report's fields in OTP's order, printed: {"supervisor","kv_sup"}, {"reason","killed"}, ...
    std::vector<std::pair<std::string, std::string>> fields;
};

/// Where code was: return addresses, innermost first. Names are looked up by who reads them.
struct RawStack {
    std::vector<std::uintptr_t> addresses;
    std::uint32_t left_out = 0;       ///< frames of a deep stack that are not kept ...
    std::uint32_t left_out_after = 0; ///< ... between this many of the innermost ones and the others
    bool empty() const noexcept { return addresses.empty(); }
};

enum class EventKind : std::uint8_t {
    exit,    ///< a process ended
    restart, ///< a supervisor restarted a child
    gave_up, ///< a supervisor reached its restart intensity and ends
    application_started,
    application_stopped,
    log, ///< `log` is set
};

/// Something that happened. Which members are set depends on the kind, as they say.
struct Event {
    std::uint64_t seq = 0; ///< counts all events of the Node from 1; a gap is loss
    EventKind kind = EventKind::exit;
    std::chrono::system_clock::time_point at;
    Pid pid;           ///< exit: who ended; restart: the new process; gave_up: the supervisor; log: whom it is about
    Atom name;         ///< exit, restart: registered name; applications: the name
    std::string label; ///< exit: the label that it had
    std::uint32_t initial_function = 0; ///< exit, crash report: interned name
    std::uintptr_t initial_address = 0; ///< exit: of the body, until events_after gives it its name
    const char* initial_type = nullptr; ///< exit: or the type of the body, likewise
    ExitReason reason;                  ///< exit, restart (of the old process), gave_up, application_stopped
    Pid supervisor;                     ///< restart; application_started: the top one
    Atom supervisor_name;               ///< restart, gave_up: registered name; or `undefined`
    Term child_id;                      ///< restart, gave_up: id of the child spec
    Pid old_pid;                        ///< restart
    std::uint64_t restart_us = 0;       ///< restart: microseconds from the exit to the restarted child
    std::uint64_t age_ms = 0;           ///< exit: how long it lived
    bool abandoned = false;             ///< exit: it did not stop by itself; its destructors did not run
    std::string note;                   ///< exit: what the reason does not tell: `heap over 1000000 bytes`
    RawStack stack;                     ///< exit, crash report, long schedule: until events_after makes it `stack_text`
    std::string stack_text;             ///< exit: where it ended, if not normally; a report has it among its fields
    std::shared_ptr<const LogEntry> log;
};

/// A handler of the log, as `Node::add_log_handler` takes it. Its event is of the kind `log`.
/// **Thread:** the Node's log thread, never a scheduler's; one handler at a time. What it throws removes it.
using LogHandler = std::function<void(const Event& event)>;

/// A log event as text of several lines, as OTP's default handler prints it: a header with the time, the title, the
/// report's fields. Ends with a newline. **Thread:** any. **Pre-condition:** the event is of the kind `log`.
std::string log_text(const Event& event);

/// Events in the order of their seq.
struct EventBatch {
    std::vector<Event> events;
    std::uint64_t next_seq = 0; ///< hand this to the next call
    std::uint64_t lost = 0;     ///< events after the asked one that the ring no longer held
};

} // namespace fiberscope
