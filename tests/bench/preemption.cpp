// SPDX-License-Identifier: BSL-1.0
/// What it takes that no process ties up a scheduler: how even the shares are, how late others come, what it costs.
#include "benchmark.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <numeric>
#include <string>
#include <thread>

namespace fiberscope::bench {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Done {};
struct Delays {
    std::vector<std::int64_t> ns;
};

NodeConfig signal_config(const Setting& setting) {
    NodeConfig config = node_config(setting);
    config.preemption = Preemption::signal;
    return config;
}

/// A tight loop that calls nothing, and a counter that it can be watched by.
struct Loop {
    alignas(64) volatile std::uint64_t rounds = 0;
    void operator()(Process&) {
        for (;;)
            rounds = rounds + 1;
    }
};

std::vector<std::unique_ptr<Loop>> spawn_loops(Node& node, std::size_t count) {
    std::vector<std::unique_ptr<Loop>> loops;
    for (std::size_t i = 0; i < count; ++i) {
        loops.push_back(std::make_unique<Loop>());
        node.spawn([loop = loops.back().get()](Process& self) { (*loop)(self); });
    }
    return loops;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Eight tight loops share one scheduler for two seconds. Perfect: max/min 1.0.
Figures fairness(const Setting& setting) {
    constexpr std::size_t count = 8;
    Node node{signal_config({.schedulers = 1})};
    static_cast<void>(setting);
    const auto loops = spawn_loops(node, count);
    const auto everybody_runs = [&] {
        return std::all_of(loops.begin(), loops.end(), [](const auto& loop) { return loop->rounds > 0; });
    };
    while (!everybody_runs())
        std::this_thread::yield();
    std::array<std::uint64_t, count> before{};
    std::array<std::uint64_t, count> share{};
    for (std::size_t i = 0; i < count; ++i)
        before[i] = loops[i]->rounds;
    const double ms = time_ms([] { std::this_thread::sleep_for(2s); });
    for (std::size_t i = 0; i < count; ++i)
        share[i] = loops[i]->rounds - before[i];
    const auto [least, most] = std::minmax_element(share.begin(), share.end());
    const std::uint64_t all = std::accumulate(share.begin(), share.end(), std::uint64_t{0});
    node.stop(5s);
    return {all, ms, 0, {{"max/min", static_cast<double>(*most) / static_cast<double>(*least)}}};
}

/// Four tight loops a scheduler, and a process that wakes every millisecond: how late it comes.
Figures latency_under_burn(const Setting& setting) {
    constexpr int wakes = 2000;
    Node node{signal_config(setting)};
    ExternalProcess me = node.attach();
    const auto loops = spawn_loops(node, 4 * std::size_t{node.schedulers()});
    std::vector<std::int64_t> delays;
    const double ms = time_ms([&] {
        me->spawn([to = me->pid()](Process& self) {
            std::vector<std::int64_t> late;
            late.reserve(wakes);
            for (int i = 0; i < wakes; ++i) {
                const auto due = Clock::now() + 1ms;
                self.sleep(1ms);
                late.push_back(std::chrono::nanoseconds{Clock::now() - due}.count());
            }
            self.send(to, Delays{std::move(late)});
        });
        delays = me->receive<Delays>().ns;
    });
    std::sort(delays.begin(), delays.end());
    const auto at = [&delays](double share) {
        return static_cast<double>(delays[static_cast<std::size_t>(share * static_cast<double>(delays.size() - 1))]) / 1e6;
    };
    node.stop(5s);
    return {wakes, ms, 0, {{"p50_ms", at(0.5)}, {"p99_ms", at(0.99)}, {"max_ms", at(1)}}};
}

/// Two supervised tight loops a scheduler; one is killed, again and again, from outside: from the kill to the moment at which
/// its successor is registered. The median.
Figures kill_runaway(const Setting& setting) {
    constexpr std::uint64_t rounds = 200;
    Node node{signal_config(setting)};
    auto loops = Supervisor::one_for_one({.intensity = 1'000'000, .period = 1s});
    for (std::uint32_t i = 0; i < 2 * node.schedulers(); ++i) {
        const std::string name = "loop_" + std::to_string(i);
        loops = std::move(loops).child(Term::atom(name), [loop = Loop{}](Process& self) mutable { loop(self); }, {},
                                       {.name = Atom{name}});
    }
    static_cast<void>(node.start(loops));
    std::vector<double> times;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        const Pid old = node.whereis("loop_0");
        times.push_back(time_ms([&] {
            node.exit(old, ExitReason::kill());
            for (Pid now = old; now == old || !now; now = node.whereis("loop_0"))
                std::this_thread::sleep_for(50us);
        }));
    }
    node.stop(5s);
    return {1, median(std::move(times)), 0};
}

/// A pure computation: its result depends on every round.
std::uint64_t compute(std::uint64_t rounds) {
    std::uint64_t x = rounds;
    for (; rounds > 0; --rounds)
        x = x * 6364136223846793005U + 1442695040888963407U;
    return x;
}

enum class Step { none, budget, flag, signal };

/// Milliseconds for `processes` computations of the same size at once on one scheduler, which the named step alone shares out.
double computing_ms(Step step, int processes) {
    constexpr std::uint64_t pieces = 100'000;
    constexpr std::uint64_t rounds_a_piece = 1000; // about a microsecond
    NodeConfig config;
    config.schedulers = 1;
    if (step != Step::budget)
        config.reductions_per_slice = 1'000'000'000;
    if (step == Step::budget || step == Step::none)
        config.slice = config.signal_slice = config.long_schedule = 1h;
    if (step == Step::signal)
        config.preemption = Preemption::signal;
    Node node{config};
    ExternalProcess me = node.attach();
    return time_ms([&] {
        for (int i = 0; i < processes; ++i)
            node.spawn([to = me->pid(), polls = step == Step::budget || step == Step::flag](Process& self) {
                std::uint64_t sum = 0;
                for (std::uint64_t piece = 0; piece < pieces; ++piece) {
                    sum += compute(rounds_a_piece + piece % 2);
                    if (polls)
                        self.poll();
                }
                self.send(to, sum);
            });
        for (int i = 0; i < processes; ++i)
            me->receive<std::uint64_t>();
    });
}

/// The same computation four times one after another, and four times in competition, shared out by each of the steps alone.
/// The shares of time that competition costs; medians of interleaved rounds.
Figures preempt_cost(const Setting& /*setting*/) {
    constexpr int rounds = 7;
    constexpr int competitors = 4;
    constexpr std::array steps{Step::none, Step::budget, Step::flag, Step::signal};
    std::array<std::vector<double>, steps.size()> times;
    for (int round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < steps.size(); ++i)
            times[i].push_back(computing_ms(steps[i], competitors));
    std::array<double, steps.size()> medians{};
    std::transform(times.begin(), times.end(), medians.begin(), median);
    const auto percent = [&medians](std::size_t i) { return (medians[i] / medians[0] - 1) * 100; };
    return {competitors, medians[3], 0, {{"budget_%", percent(1)}, {"flag_%", percent(2)}, {"signal_%", percent(3)}}};
}

constexpr Benchmark rows[] = {
    {"fairness", "tight loops on one scheduler: the largest share by the smallest", fairness},
    {"latency_under_burn", "delay of a process that wakes every millisecond beside tight loops", latency_under_burn},
    {"kill_runaway", "from the kill of a tight loop, two a scheduler, to its successor: median of 200", kill_runaway},
    {"preempt_cost", "what sharing a scheduler costs a computation, by step of preemption", preempt_cost},
};

} // namespace

std::span<const Benchmark> preemption_benchmarks() {
    return rows;
}

} // namespace fiberscope::bench
