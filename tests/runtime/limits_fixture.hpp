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

inline std::vector<LogEntry> limit_reports(const Node& node) {
    return reports_of(node, "PROCESS LIMIT");
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
