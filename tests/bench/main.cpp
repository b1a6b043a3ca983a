// SPDX-License-Identifier: BSL-1.0
/// fiberscope-bench [--list] [--schedulers N] [--json] [NAME...]: one line a benchmark.
/// fiberscope-bench --versus PEER,... [--rounds N] [--schedulers N] [NAME...]: beside other runtimes, as a table.
/// fiberscope-bench gui [PROCESSES]: the window's stalls, by the program beside it.
/// fiberscope-bench observer_cost [PROCESSES]: what the window costs who sends messages, by the same.
#include "benchmark.hpp"
#include "versus.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace fiberscope::bench {

NodeConfig node_config(const Setting& setting) {
    NodeConfig config;
    config.schedulers = setting.schedulers;
    config.process_limit = 2'000'000;
    config.log_to_stderr.reset();
    return config;
}

double time_ms(const std::function<void()>& work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

Figures time_process(const Setting& setting, std::uint64_t operations, const std::function<void(Process&)>& body) {
    struct Done {};
    Node node{node_config(setting)};
    ExternalProcess me = node.attach();
    const double ms = time_ms([&] {
        me->spawn([&body, to = me->pid()](Process& self) {
            body(self);
            self.send(to, Done{});
        });
        me->receive<Done>();
    });
    return {operations, ms, 0};
}

std::uint64_t resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace fiberscope::bench

namespace {

using namespace fiberscope::bench;

struct Options {
    Setting setting;
    bool list = false;
    bool json = false;
    std::vector<std::string_view> peers;
    std::uint32_t rounds = 5;
    std::vector<const Benchmark*> chosen;
    std::string error;
};

void append(std::vector<const Benchmark*>& list, std::span<const Benchmark> group) {
    for (const Benchmark& benchmark : group)
        list.push_back(&benchmark);
}

/// Those that the peers' programs have, too.
std::vector<const Benchmark*> comparable_benchmarks() {
    std::vector<const Benchmark*> comparable;
    for (const auto group : {process_benchmarks(), messaging_benchmarks(), crowd_benchmarks(), scheduling_benchmarks()})
        append(comparable, group);
    return comparable;
}

std::vector<const Benchmark*> all_benchmarks() {
    auto all = comparable_benchmarks();
    append(all, preemption_benchmarks());
    return all;
}

void parse_number(std::string_view option, const char* text, std::uint32_t most, std::uint32_t& number, std::string& error) {
    const std::string_view value = text != nullptr ? text : "";
    const auto result = std::from_chars(value.data(), value.data() + value.size(), number);
    if (result.ec != std::errc{} || result.ptr != value.data() + value.size() || number < 1 || number > most)
        error = fmt::format("{} takes a number from 1 to {}, not '{}'", option, most, value);
}

void parse_peers(const char* text, Options& options) {
    const auto known = peer_names();
    std::string_view rest = text != nullptr ? text : "";
    do {
        const auto name = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        if (std::find(known.begin(), known.end(), name) == known.end())
            options.error = fmt::format("--versus takes names of {}, not '{}'", fmt::join(known, ","), name);
        options.peers.push_back(name);
    } while (!rest.empty() && options.error.empty());
}

Options parse(char** arguments) {
    Options options;
    const auto all = all_benchmarks();
    for (++arguments; *arguments != nullptr && options.error.empty(); ++arguments) {
        const std::string_view argument = *arguments;
        const auto next = [&] { return arguments[1] != nullptr ? *++arguments : nullptr; };
        if (argument == "--list")
            options.list = true;
        else if (argument == "--json")
            options.json = true;
        else if (argument == "--schedulers")
            parse_number(argument, next(), 255, options.setting.schedulers, options.error);
        else if (argument == "--rounds")
            parse_number(argument, next(), 1000, options.rounds, options.error);
        else if (argument == "--versus")
            parse_peers(next(), options);
        else if (const auto found = std::find_if(all.begin(), all.end(), [&](const auto* row) { return row->name == argument; });
                 found != all.end())
            options.chosen.push_back(*found);
        else
            options.error = fmt::format("no benchmark or option '{}' (--list names them)", argument);
    }
    if (options.chosen.empty())
        options.chosen = options.peers.empty() ? all : comparable_benchmarks();
    return options;
}

Versus versus_of(const Options& options) {
    Versus versus{.peers = options.peers, .rows = {}, .schedulers = options.setting.schedulers, .rounds = options.rounds};
    for (const Benchmark* benchmark : options.chosen)
        versus.rows.push_back(benchmark->name);
    return versus;
}

void print(const Benchmark& benchmark, const Figures& figures, bool json) {
    const double ns = figures.operations > 0 ? figures.milliseconds * 1e6 / static_cast<double>(figures.operations) : 0;
    std::string line = json ? fmt::format(R"({{"name":"{}","ops":{},"ms":{:.3f},"ns_per_op":{:.1f})", benchmark.name,
                                          figures.operations, figures.milliseconds, ns)
                            : fmt::format("{:<20} {:>10} ops {:>10.2f} ms {:>9.1f} ns/op", benchmark.name, figures.operations,
                                          figures.milliseconds, ns);
    if (figures.bytes_per_process > 0)
        line +=
            fmt::format(fmt::runtime(json ? R"(,"bytes_per_process":{:.0f})" : " {:>8.0f} B/process"), figures.bytes_per_process);
    for (const auto& [name, value] : figures.others)
        line += fmt::format(fmt::runtime(json ? R"(,"{}":{:.3f})" : "  {} {:.3f}"), name, value);
    fmt::print("{}{}\n", line, json ? "}" : "");
    std::fflush(stdout);
}

/// Becomes the program that measures the window, which stands beside this one. Returns if that cannot be started.
void become_gui(char** arguments) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto program = self.parent_path() / "fiberscope-bench-gui";
    ::execv(program.c_str(), arguments + 1);
    fmt::print(stderr, "fiberscope-bench: cannot start {}: {}\n", program.string(), std::strerror(errno));
}

} // namespace

int main(int /*argc*/, char** arguments) {
    const std::string_view first = arguments[0] != nullptr && arguments[1] != nullptr ? arguments[1] : "";
    if (first == "gui" || first == "observer_cost") {
        become_gui(arguments);
        return 2;
    }
    const Options options = parse(arguments);
    if (!options.error.empty()) {
        fmt::print(stderr, "fiberscope-bench: {}\n", options.error);
        return 2;
    }
    if (!options.peers.empty())
        return run_versus(versus_of(options));
    for (const Benchmark* benchmark : options.chosen)
        if (options.list)
            fmt::print("{:<20} {}\n", benchmark->name, benchmark->description);
        else
            print(*benchmark, benchmark->run(options.setting), options.json);
    return 0;
}
