// SPDX-License-Identifier: BSL-1.0
/// What processes cost: to spawn, to keep, to kill and to restart.
#include "benchmark.hpp"

#include <algorithm>
#include <thread>

namespace fiberscope::bench {

namespace {

using namespace std::chrono_literals;

struct Done {};
struct Hit {};

/// A process spawns a million that each send one message to a counter and end.
Figures spawn_exit(const Setting& setting) {
    constexpr std::uint64_t processes = 1'000'000;
    return time_process(setting, processes, [](Process& self) {
        const Pid counter = self.spawn([parent = self.pid()](Process& counting) {
            for (std::uint64_t i = 0; i < processes; ++i)
                counting.receive<Hit>();
            counting.send(parent, Done{});
        });
        for (std::uint64_t i = 0; i < processes; ++i)
            self.spawn([counter](Process& child) { child.send(counter, Hit{}); });
        self.receive<Done>();
    });
}

struct Idle final : Server<Idle> {};

constexpr std::uint64_t idle_count = 1'000'000;

/// What a million that wait take: to start, of memory, to look at and to kill.
Figures keep_idle(const Setting& setting, const std::function<void(Process& self, std::vector<Pid>& idle)>& start) {
    Node node{node_config(setting)};
    const std::uint64_t before = resident_bytes();
    std::vector<Pid> idle;
    idle.reserve(idle_count);
    ExternalProcess me = node.attach();
    Figures figures{.operations = idle_count};
    figures.milliseconds = time_ms([&] {
        me->spawn([&, to = me->pid()](Process& self) {
            start(self, idle);
            self.send(to, Done{});
        });
        me->receive<Done>();
        node.wait_until_quiet(60s);
    });
    figures.bytes_per_process = static_cast<double>(resident_bytes() - before) / idle_count;
    const auto others = node.process_count() - static_cast<std::uint32_t>(idle_count);
    Snapshot snapshot;
    node.snapshot(snapshot); // its buffers grow once
    const double snapshot_ms = time_ms([&] { node.snapshot(snapshot); });
    const double kill_ms = time_ms([&] {
        for (const Pid process : idle)
            node.exit(process, ExitReason::kill());
        while (node.process_count() > others)
            std::this_thread::yield();
    });
    figures.others = {{"snapshot_ns", snapshot_ms * 1e6 / idle_count}, {"kill_ns", kill_ms * 1e6 / idle_count}};
    return figures;
}

/// Servers that wait for their first message.
Figures idle_servers(const Setting& setting) {
    return keep_idle(setting, [spec = Idle::start()](Process& self, std::vector<Pid>& idle) {
        while (idle.size() < idle_count)
            idle.push_back(self.start(spec).value());
    });
}

/// Plain processes, each with a stack.
Figures idle_processes(const Setting& setting) {
    return keep_idle(setting, [](Process& self, std::vector<Pid>& idle) {
        while (idle.size() < idle_count)
            idle.push_back(self.spawn([](Process& waiting) { waiting.receive<Done>(); }, {.stack_bytes = 16 * 1024}));
    });
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
    return time_process(setting, rounds, [](Process& self) {
        self.trap_exit(true);
        for (std::uint64_t i = 0; i < rounds; ++i) {
            const Pid child = self.spawn_link([](Process& idle) { idle.receive<Done>(); });
            self.exit(child, ExitReason::kill());
            self.receive<Exit>();
        }
    });
}

constexpr Benchmark benchmarks[] = {
    {"spawn_exit", "spawn a process that sends one message and ends", &spawn_exit},
    {"restart", "spawn_link, kill, receive the exit", &restart},
    {"kill_to_restart", "kill a supervised server until its successor is registered: median of 1,000", &kill_to_restart},
    {"idle_servers", "start a million servers that wait; read and kill them", &idle_servers},
    {"idle_processes", "spawn a million plain processes that wait; read and kill them", &idle_processes},
};

} // namespace

std::span<const Benchmark> process_benchmarks() {
    return benchmarks;
}

} // namespace fiberscope::bench
