// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/fiberscope.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace fiberscope::bench {

/// What a benchmark measured.
struct Figures {
    std::uint64_t operations = 0;
    double milliseconds = 0;
    double bytes_per_process = 0;                              ///< set by the idle rows only
    std::vector<std::pair<std::string_view, double>> others{}; ///< what else the row tells: a name with its unit, a value
};

/// Options that a benchmark runs with.
struct Setting {
    std::uint32_t schedulers = 0; ///< 0: one a core
};

/// One row of the program's output. The work of each is that of the peers' programs of the same name, so that rows
/// compare: who sends what to whom, how often, what ends the clock.
struct Benchmark {
    std::string_view name;
    std::string_view description;
    Figures (*run)(const Setting& setting);
};

std::span<const Benchmark> messaging_benchmarks();
std::span<const Benchmark> crowd_benchmarks();
std::span<const Benchmark> scheduling_benchmarks();
std::span<const Benchmark> process_benchmarks();
std::span<const Benchmark> preemption_benchmarks();

/// A node for one measurement.
NodeConfig node_config(const Setting& setting);

/// Milliseconds that `work` takes.
double time_ms(const std::function<void()>& work);

/// Runs `body` in a process of a node of its own and times it, from its spawn to its return.
Figures time_process(const Setting& setting, std::uint64_t operations, const std::function<void(Process&)>& body);

/// Resident memory of this program, bytes.
std::uint64_t resident_bytes();

} // namespace fiberscope::bench
