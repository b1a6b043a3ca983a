// SPDX-License-Identifier: BSL-1.0
/// What messages cost.
#include "benchmark.hpp"

namespace fiberscope::bench {

namespace {

using namespace std::chrono_literals;

struct Done {};
struct Ping {
    Pid from;
};
struct Pong {};
struct Hit {};

/// Two processes, a million round trips.
Figures pingpong(const Setting& setting) {
    constexpr std::uint64_t rounds = 1'000'000;
    Node node{node_config(setting)};
    ExternalProcess me = node.attach();
    const double ms = time_ms([&] {
        me->spawn([to = me->pid()](Process& self) {
            const Pid pong = self.spawn([](Process& other) {
                for (;;)
                    other.send(other.receive<Ping>().from, Pong{});
            });
            for (std::uint64_t i = 0; i < rounds; ++i) {
                self.send(pong, Ping{self.pid()});
                self.receive<Pong>();
            }
            self.exit(pong, ExitReason::kill());
            self.send(to, Done{});
        });
        me->receive<Done>();
    });
    return {rounds, ms, 0};
}

/// One process sends, another counts.
Figures counting(const Setting& setting) {
    constexpr std::uint64_t messages = 5'000'000;
    Node node{node_config(setting)};
    ExternalProcess me = node.attach();
    const double ms = time_ms([&] {
        const Pid counter = me->spawn([to = me->pid()](Process& self) {
            for (std::uint64_t i = 0; i < messages; ++i)
                self.receive<Hit>();
            self.send(to, Done{});
        });
        me->spawn([counter](Process& self) {
            for (std::uint64_t i = 0; i < messages; ++i)
                self.send(counter, Hit{});
        });
        me->receive<Done>();
    });
    return {messages, ms, 0};
}

struct Echo final : Server<Echo> {
    struct Ask {
        using Reply = std::uint64_t;
        std::uint64_t number;
    };
    using Messages = fiberscope::Messages<Ask>;
    fiberscope::Reply<Ask> handle_call(const Ask& ask) { return ask.number; }
};

/// A process calls a server.
Figures call(const Setting& setting) {
    constexpr std::uint64_t calls = 500'000;
    Node node{node_config(setting)};
    ExternalProcess me = node.attach();
    const Pid server = *node.start(Echo::start());
    const double ms = time_ms([&] {
        me->spawn([server, to = me->pid()](Process& self) {
            for (std::uint64_t i = 0; i < calls; ++i)
                self.call(server, Echo::Ask{i});
            self.send(to, Done{});
        });
        me->receive<Done>();
    });
    return {calls, ms, 0};
}

/// 300,000 timers to one process.
Figures timers(const Setting& setting) {
    constexpr std::uint64_t count = 300'000;
    Node node{node_config(setting)};
    ExternalProcess me = node.attach();
    const double ms = time_ms([&] {
        me->spawn([to = me->pid()](Process& self) {
            for (std::uint64_t i = 0; i < count; ++i)
                self.send_after(std::chrono::milliseconds{1 + i * 7919 % 1000}, self.pid(), Hit{});
            for (std::uint64_t i = 0; i < count; ++i)
                self.receive<Hit>();
            self.send(to, Done{});
        });
        me->receive<Done>();
    });
    return {count, ms, 0};
}

constexpr Benchmark benchmarks[] = {
    {"pingpong", "a round trip between two processes", &pingpong},
    {"counting", "one process sends, another counts", &counting},
    {"call", "a call of a server and its reply", &call},
    {"timers_send_after", "send_after to itself and the receive", &timers},
};

} // namespace

std::span<const Benchmark> messaging_benchmarks() {
    return benchmarks;
}

} // namespace fiberscope::bench
