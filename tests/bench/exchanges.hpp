// SPDX-License-Identifier: BSL-1.0
/// Who sends what to whom where more than one row or program has the same work.
#pragma once

#include <fiberscope/fiberscope.hpp>

#include <cstdint>

namespace fiberscope::bench {

struct Done {};
struct Hit {};
struct Ping {
    Pid from;
};
struct Pong {};

/// Between two processes, this one and another.
inline void run_pingpong(Process& self, std::uint64_t round_trips) {
    const Pid pong = self.spawn([](Process& other) {
        for (;;)
            other.send(other.receive<Ping>().from, Pong{});
    });
    for (std::uint64_t i = 0; i < round_trips; ++i) {
        self.send(pong, Ping{self.pid()});
        self.receive<Pong>();
    }
    self.exit(pong, ExitReason::kill());
}

/// From many processes to this one.
inline void run_fanin(Process& self, std::uint64_t senders, std::uint64_t messages_each) {
    for (std::uint64_t i = 0; i < senders; ++i)
        self.spawn([to = self.pid(), messages_each](Process& sender) {
            for (std::uint64_t message = 0; message < messages_each; ++message)
                sender.send(to, Hit{});
        });
    for (std::uint64_t i = 0; i < senders * messages_each; ++i)
        self.receive<Hit>();
}

} // namespace fiberscope::bench
