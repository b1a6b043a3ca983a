// SPDX-License-Identifier: BSL-1.0
/// What it costs to take turns, and how soon work is shared.
#include "benchmark.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace fiberscope::bench {

namespace {

using namespace std::chrono_literals;

struct Done {};

constexpr std::uint64_t yields = 2'000'000;

Figures take_turns(const Setting& setting, std::uint64_t processes) {
    return time_process(setting, yields, [processes](Process& self) {
        for (std::uint64_t i = 0; i < processes; ++i)
            self.spawn([turns = yields / processes, parent = self.pid()](Process& yielding) {
                for (std::uint64_t turn = 0; turn < turns; ++turn)
                    yielding.yield();
                yielding.send(parent, Done{});
            });
        for (std::uint64_t i = 0; i < processes; ++i)
            self.receive<Done>();
    });
}

Figures yield_2(const Setting& setting) {
    return take_turns(setting, 2);
}
Figures yield_1000(const Setting& setting) {
    return take_turns(setting, 1000);
}

constexpr std::size_t busy_count = 100;
constexpr auto balance_patience = 5s;

/// The largest share of busy processes that one scheduler has, and how many of them have begun.
struct Distribution {
    double largest_share = 1;
    std::size_t begun = 0;
};

Distribution distribution(const Node& node, Snapshot& snapshot) {
    node.snapshot(snapshot);
    std::vector<std::size_t> counts(std::size_t{node.schedulers()} + 1, 0);
    Distribution now;
    for (const ProcessRow& row : snapshot.processes) {
        if (row.is_system() || row.is_external() || row.context_switches == 0)
            continue;
        ++now.begun;
        ++counts[row.scheduler];
    }
    if (now.begun > 0)
        now.largest_share = static_cast<double>(*std::max_element(counts.begin(), counts.end())) / static_cast<double>(now.begun);
    return now;
}

/// 100 busy processes have begun on one scheduler, then the others go online: the time until none has more than its share and
/// a fifth; at most five seconds.
Figures balance(const Setting& setting) {
    Node node{node_config(setting)};
    node.set_schedulers_online(1);
    for (std::size_t i = 0; i < busy_count; ++i)
        node.spawn([](Process& busy) {
            for (;;)
                busy.poll();
        });
    Snapshot snapshot;
    while (distribution(node, snapshot).begun < busy_count)
        std::this_thread::yield();
    node.set_schedulers_online(node.schedulers());
    const double even_enough = 1.2 / node.schedulers();
    Distribution now;
    const double ms = time_ms([&] {
        const auto end = std::chrono::steady_clock::now() + balance_patience;
        while ((now = distribution(node, snapshot)).largest_share > even_enough && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(1ms);
    });
    node.stop(5s);
    return {1, ms, 0, {{"largest_share", now.largest_share}}};
}

constexpr Benchmark benchmarks[] = {
    {"yield_2", "two processes yield to each other", &yield_2},
    {"yield_1000", "a thousand processes yield in turn", &yield_1000},
    {"balance", "100 busy processes of one scheduler until they are shared over all", &balance},
};

} // namespace

std::span<const Benchmark> scheduling_benchmarks() {
    return benchmarks;
}

} // namespace fiberscope::bench
