// SPDX-License-Identifier: BSL-1.0
/// What processes cost: to spawn, to keep, to kill and to restart.
#include "benchmark.hpp"

#include <algorithm>

namespace fiberscope::bench {

namespace {

using namespace std::chrono_literals;

struct Done {};
struct Hit {};

void count_to(Process& self, long hits, Pid report_to) {
    for (; hits > 0; --hits)
        self.receive<Hit>();
    self.send(report_to, Done{});
}

/// A process spawns a million that each send one message to a counter and end.
Figures spawn_exit(const Setting& setting) {
    constexpr long processes = 1'000'000;
    Node node{node_config(setting)};
    ExternalProcess me = node.attach();
    const double ms = time_ms([&] {
        me->spawn([to = me->pid()](Process& self) {
            const Pid counter = self.spawn([to](Process& counting) { count_to(counting, processes, to); });
            for (long i = 0; i < processes; ++i)
                self.spawn([counter](Process& child) { child.send(counter, Hit{}); });
        });
        me->receive<Done>();
    });
    return {processes, ms, 0};
}

struct Idle final : Server<Idle> {};

/// Memory and time of servers that wait for their first message.
Figures idle_servers(const Setting& setting) {
    constexpr std::uint64_t servers = 1'000'000;
    Node node{node_config(setting)};
    const std::uint64_t before = resident_bytes();
    ExternalProcess me = node.attach();
    const ServerSpec spec = Idle::start();
    const double ms = time_ms([&] {
        me->spawn([spec, to = me->pid()](Process& self) {
            for (std::uint64_t i = 0; i < servers; ++i)
                self.start(spec).value();
            self.send(to, Done{});
        });
        me->receive<Done>();
    });
    return {servers, ms, static_cast<double>(resident_bytes() - before) / servers};
}

/// The same for plain processes, each with a stack.
Figures idle_processes(const Setting& setting) {
    constexpr std::uint64_t processes = 200'000;
    Node node{node_config(setting)};
    const std::uint64_t before = resident_bytes();
    const double ms = time_ms([&] {
        for (std::uint64_t i = 0; i < processes; ++i)
            node.spawn([](Process& self) { self.receive<Done>(); }, {.stack_bytes = 16 * 1024});
        node.wait_until_quiet(60s);
    });
    return {processes, ms, static_cast<double>(resident_bytes() - before) / processes};
}

/// A supervised child is killed and restarted, one after another, by the program outside: from the kill to the moment
/// at which the new process is registered.
Figures kill_to_restart(const Setting& setting) {
    constexpr std::uint64_t rounds = 1000;
    Node node{node_config(setting)};
    const auto supervisor = node.start(
        Supervisor::one_for_one({.intensity = 1'000'000, .period = 1s}).child(Atom{"child"}, Idle::start().named("child")));
    std::vector<double> times;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        const Pid old = node.whereis("child");
        times.push_back(time_ms([&] {
            node.exit(old, ExitReason::kill());
            for (Pid now = old; now == old || !now; now = node.whereis("child")) {
            }
        }));
    }
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return {1, times[rounds / 2], 0}; // the median of a thousand
}

/// A process that traps exits spawns a linked one, kills it and waits for its end.
Figures restart(const Setting& setting) {
    constexpr std::uint64_t rounds = 100'000;
    Node node{node_config(setting)};
    ExternalProcess me = node.attach();
    const double ms = time_ms([&] {
        me->spawn([to = me->pid()](Process& self) {
            self.trap_exit(true);
            for (std::uint64_t i = 0; i < rounds; ++i) {
                const Pid child = self.spawn_link([](Process& idle) { idle.receive<Done>(); });
                self.exit(child, ExitReason::kill());
                self.receive<Exit>();
            }
            self.send(to, Done{});
        });
        me->receive<Done>();
    });
    return {rounds, ms, 0};
}

constexpr Benchmark benchmarks[] = {
    {"spawn_exit", "spawn a process that sends one message and ends", &spawn_exit},
    {"restart", "spawn_link, kill, receive the exit", &restart},
    {"kill_to_restart", "kill a supervised server until its successor is registered: median of 1,000", &kill_to_restart},
    {"idle_servers", "start a million servers that wait", &idle_servers},
    {"idle_processes", "spawn 200,000 plain processes that wait", &idle_processes},
};

} // namespace

std::span<const Benchmark> process_benchmarks() {
    return benchmarks;
}

} // namespace fiberscope::bench
