// SPDX-License-Identifier: BSL-1.0
/// fiberscope-bench [--list] [--schedulers N] [--json] [NAME...]: one line a benchmark.
/// fiberscope-bench gui [PROCESSES]: the window's stalls, by the program beside it.
#include "benchmark.hpp"

#include <fmt/format.h>

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
    std::vector<const Benchmark*> chosen;
    std::string error;
};

std::vector<const Benchmark*> all_benchmarks() {
    std::vector<const Benchmark*> all;
    for (const auto group : {process_benchmarks(), messaging_benchmarks(), preemption_benchmarks()})
        for (const Benchmark& benchmark : group)
            all.push_back(&benchmark);
    return all;
}

void parse_schedulers(const char* text, Options& options) {
    const std::string_view value = text != nullptr ? text : "";
    const auto result = std::from_chars(value.data(), value.data() + value.size(), options.setting.schedulers);
    if (result.ec != std::errc{} || result.ptr != value.data() + value.size() || options.setting.schedulers < 1 ||
        options.setting.schedulers > 255)
        options.error = fmt::format("--schedulers takes a number from 1 to 255, not '{}'", value);
}

Options parse(char** arguments) {
    Options options;
    const auto all = all_benchmarks();
    for (++arguments; *arguments != nullptr && options.error.empty(); ++arguments) {
        const std::string_view argument = *arguments;
        if (argument == "--list")
            options.list = true;
        else if (argument == "--json")
            options.json = true;
        else if (argument == "--schedulers") {
            parse_schedulers(arguments[1], options);
            arguments += options.error.empty() ? 1 : 0;
        } else if (const auto found =
                       std::find_if(all.begin(), all.end(), [&](const auto* row) { return row->name == argument; });
                   found != all.end())
            options.chosen.push_back(*found);
        else
            options.error = fmt::format("no benchmark or option '{}' (--list names them)", argument);
    }
    if (options.chosen.empty())
        options.chosen = all;
    return options;
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
    if (arguments[0] != nullptr && arguments[1] != nullptr && std::string_view{arguments[1]} == "gui") {
        become_gui(arguments);
        return 2;
    }
    const Options options = parse(arguments);
    if (!options.error.empty()) {
        fmt::print(stderr, "fiberscope-bench: {}\n", options.error);
        return 2;
    }
    for (const Benchmark* benchmark : options.chosen)
        if (options.list)
            fmt::print("{:<20} {}\n", benchmark->name, benchmark->description);
        else
            print(*benchmark, benchmark->run(options.setting), options.json);
    return 0;
}
