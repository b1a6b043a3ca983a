// SPDX-License-Identifier: BSL-1.0
/// What the tests of limits share.
#pragma once

#include "failing_code.hpp"

#include <memory_resource>
#include <vector>

namespace fiberscope::test {

inline constexpr std::size_t kilobyte = 1024;
inline constexpr std::size_t megabyte = 1024 * kilobyte;

using Bytes = std::pmr::vector<std::byte>;

/// The value of a field of a report; empty if there is none.
inline std::string field(const LogEntry& entry, std::string_view name) {
    for (const auto& [key, value] : entry.fields)
        if (key == name)
            return value;
    return {};
}

inline std::vector<LogEntry> limit_reports(const Node& node, std::uint64_t seq = 0) {
    std::vector<LogEntry> reports;
    for (const Event& event : node.events_after(seq).events)
        if (event.log != nullptr && event.log->title == "PROCESS LIMIT")
            reports.push_back(*event.log);
    return reports;
}

inline Event exit_of(const Node& node, Pid pid) {
    for (Event& event : node.events_after(0).events)
        if (event.kind == EventKind::exit && event.pid == pid)
            return std::move(event);
    return {};
}

inline ProcessRow row_of(const Node& node, Pid pid) {
    for (const ProcessRow& row : node.snapshot().processes)
        if (row.pid == pid)
            return row;
    return {};
}

/// Collects what it is told to in its heap, and never gives it back by itself.
class Hoarder final : public Server<Hoarder> {
public:
    struct Take {
        std::size_t bytes = 0;
    };
    struct Held {
        using Reply = std::size_t;
    };
    using Messages = fiberscope::Messages<Take, Held>;
    Hoarder() : all_{&self().heap()} {}
    void handle_cast(Take take) { all_.emplace_back(take.bytes); }
    Reply<Held> handle_call(const Held&) { return self().heap_bytes(); }

private:
    std::pmr::vector<Bytes> all_;
};

/// Takes no Tick out of its mailbox.
inline void hold_messages(Process& self) {
    self.receive<Tock>();
}

} // namespace fiberscope::test
