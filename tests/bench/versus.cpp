// SPDX-License-Identifier: BSL-1.0
#include "versus.hpp"

#define BOOST_PROCESS_USE_STD_FS
#include <boost/process.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <sstream>
#include <thread>

namespace fiberscope::bench {

namespace {

namespace process = boost::process;
using std::filesystem::path;
using Command = std::vector<std::string>;

/// How a peer is built and run.
struct Peer {
    std::string_view name;
    std::vector<std::string> tools; ///< programs that it needs
    std::function<Command(const path& source, const path& build)> build;
    std::function<Command(const path& build, std::uint32_t schedulers, std::string_view row)> run;
};

Command run_program(const path& program, std::uint32_t schedulers, std::string_view row) {
    return {program, std::to_string(schedulers), std::string{row}};
}

const std::vector<Peer>& peers() {
    static const std::vector<Peer> all{
        {"beam",
         {"erlc", "erl"},
         [](const path& source, const path& build) {
             return Command{"erlc", "-o", build, source / "rows.erl"};
         },
         [](const path& build, std::uint32_t schedulers, std::string_view row) {
             const auto count = std::to_string(schedulers);
             Command command{"erl", "+S", count + ":" + count, "+P", "2000000", "-env", "ERL_CRASH_DUMP_SECONDS", "0"};
             command.insert(command.end(), {"-noshell", "-pa", build, "-run", "rows", "main", std::string{row}});
             return command;
         }},
        {"go",
         {"go"},
         [](const path& source, const path& build) {
             return Command{"go", "build", "-o", build / "rows", source / "rows.go"};
         },
         [](const path& build, std::uint32_t schedulers, std::string_view row) {
             return run_program(build / "rows", schedulers, row);
         }},
        {"caf",
         {"g++"},
         [](const path& source, const path& build) {
             return Command{"g++", "-O2", "-std=c++17", "-o", build / "rows", source / "rows.cpp", "-lcaf_core", "-pthread"};
         },
         [](const path& build, std::uint32_t schedulers, std::string_view row) {
             return run_program(build / "rows", schedulers, row);
         }},
        {"tokio",
         {"cargo"},
         [](const path& source, const path& build) {
             // Debian's crates: nothing is downloaded. Cargo keeps its lock file beside the manifest, so that is copied.
             std::filesystem::copy(source, build,
                                   std::filesystem::copy_options::recursive | std::filesystem::copy_options::update_existing);
             return Command{"cargo",           "build",
                            "--release",       "--offline",
                            "--manifest-path", build / "Cargo.toml",
                            "--config",        "source.crates-io.replace-with='debian'",
                            "--config",        "source.debian.directory='/usr/share/cargo/registry'"};
         },
         [](const path& build, std::uint32_t schedulers, std::string_view row) {
             return run_program(build / "target" / "release" / "rows", schedulers, row);
         }},
    };
    return all;
}

struct Output {
    int status = 0;
    std::string text;
};

/// Runs a command; its standard error is kept if `with_errors`, else dropped.
Output output_of(const Command& command, bool with_errors) {
    process::ipstream out;
    const auto program = process::search_path(command.front());
    const std::vector<std::string> arguments{command.begin() + 1, command.end()};
    const auto start = [&] {
        const auto exe = program.empty() ? path{command.front()} : path{program};
        if (with_errors)
            return process::child{exe, process::args(arguments), (process::std_out & process::std_err) > out};
        return process::child{exe, process::args(arguments), process::std_out > out, process::std_err > process::null};
    };
    process::child child = start();
    Output output;
    output.text.assign(std::istreambuf_iterator<char>{out}, {});
    child.wait();
    output.status = child.exit_code();
    return output;
}

std::string last_line(std::string_view text) {
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    return std::string{text.substr(text.rfind('\n') + 1)};
}

/// Builds a peer. Returns why it cannot take part, or an empty text.
std::string build_peer(const Peer& peer, const path& source, const path& build) {
    for (const std::string& tool : peer.tools)
        if (process::search_path(tool).empty())
            return fmt::format("there is no {}", tool);
    std::filesystem::create_directories(build);
    const Output built = output_of(peer.build(source, build), true);
    return built.status == 0 ? std::string{} : fmt::format("it does not build: {}", last_line(built.text));
}

/// Figures of a row by their unit: `ns/op`, `B/process`, `kill_ns`.
using Measures = std::map<std::string, double>;

/// Reads the line of a row: NAME OPS ops MS ms NS ns/op [BYTES B/process] [KEY VALUE]...
Measures measures_of(const std::string& line) {
    std::istringstream stream{line};
    const std::vector<std::string> words{std::istream_iterator<std::string>{stream}, {}};
    Measures measures;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "ns/op" || words[i] == "B/process")
            measures[words[i]] = std::stod(words[i - 1]);
        else if (words[i].ends_with("_ns") && i + 1 < words.size())
            measures[words[i]] = std::stod(words[i + 1]);
    }
    return measures;
}

struct Contestant {
    std::string_view name;
    std::function<Command(std::string_view row)> run;
    /// All rounds, by row and unit.
    std::map<std::pair<std::string_view, std::string>, std::vector<double>> figures{};
    bool has_failed = false;

    void take_turn(std::string_view row) {
        const Output output = output_of(run(row), false);
        if (output.status != 0) {
            has_failed = true;
            fmt::print(stderr, "{}: {} failed with status {}\n", name, row, output.status);
            return;
        }
        for (const auto& [unit, value] : measures_of(output.text))
            figures[{row, unit}].push_back(value);
    }
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::string figure_text(const std::vector<double>& values) {
    return fmt::format("{:.0f} ({:.0f})", median(values), *std::min_element(values.begin(), values.end()));
}

void print_table(const std::vector<Contestant>& contestants) {
    const Contestant& own = contestants.front();
    std::string title = fmt::format("| {:<30} | {:>18} |", "median (minimum)", own.name);
    std::string rule = fmt::format("| {:-<30} | {:->17}: |", "", "");
    for (auto peer = contestants.begin() + 1; peer != contestants.end(); ++peer) {
        title += fmt::format(" {:>26} |", peer->name);
        rule += fmt::format(" {:->25}: |", "");
    }
    fmt::print("{}\n{}\n", title, rule);
    std::map<std::string_view, std::vector<double>> ratios; // of the times, by peer
    for (const auto& [key, values] : own.figures) {
        const auto& [row, unit] = key;
        std::string line = fmt::format("| {:<30} | {:>18} |", fmt::format("{} {}", row, unit), figure_text(values));
        for (auto peer = contestants.begin() + 1; peer != contestants.end(); ++peer) {
            const auto found = peer->figures.find(key);
            if (found == peer->figures.end()) {
                line += fmt::format(" {:>26} |", "-");
                continue;
            }
            const double ratio = median(found->second) / median(values);
            line += fmt::format(" {:>17} {:>7.2f}x |", figure_text(found->second), ratio);
            if (unit == "ns/op")
                ratios[peer->name].push_back(std::log(ratio));
        }
        fmt::print("{}\n", line);
    }
    std::string means = fmt::format("| {:<30} | {:>18} |", "geometric mean, ns/op", "");
    for (auto peer = contestants.begin() + 1; peer != contestants.end(); ++peer) {
        const auto& logarithms = ratios[peer->name];
        const double sum = std::accumulate(logarithms.begin(), logarithms.end(), 0.0);
        const auto mean = logarithms.empty() ? 0.0 : std::exp(sum / static_cast<double>(logarithms.size()));
        means += fmt::format(" {:>25.2f}x |", mean);
    }
    fmt::print("{}\n", means);
}

} // namespace

std::vector<std::string_view> peer_names() {
    std::vector<std::string_view> names;
    for (const Peer& peer : peers())
        names.push_back(peer.name);
    return names;
}

int run_versus(const Versus& versus) {
    const auto schedulers = versus.schedulers > 0 ? versus.schedulers : std::max(1U, std::thread::hardware_concurrency());
    const path self = std::filesystem::read_symlink("/proc/self/exe");
    std::vector<Contestant> contestants{{"fiberscope", [&](std::string_view row) {
                                             return Command{self, "--schedulers", std::to_string(schedulers), std::string{row}};
                                         }}};
    for (const Peer& peer : peers()) {
        if (std::find(versus.peers.begin(), versus.peers.end(), peer.name) == versus.peers.end())
            continue;
        const path build = path{FIBERSCOPE_PEERS_BUILD} / peer.name;
        if (const auto why = build_peer(peer, path{FIBERSCOPE_PEERS_SOURCE} / peer.name, build); !why.empty()) {
            fmt::print(stderr, "{} is left out: {}\n", peer.name, why);
            continue;
        }
        contestants.push_back(
            {peer.name, [&peer, build, schedulers](std::string_view row) { return peer.run(build, schedulers, row); }});
    }
    for (std::uint32_t round = 1; round <= versus.rounds; ++round) {
        fmt::print(stderr, "round {} of {}\n", round, versus.rounds);
        for (const std::string_view row : versus.rows)
            for (Contestant& contestant : contestants)
                contestant.take_turn(row);
    }
    fmt::print("schedulers: {}, rounds: {}\n\n", schedulers, versus.rounds);
    print_table(contestants);
    return contestants.size() > 1 && !contestants.front().has_failed ? 0 : 1;
}

} // namespace fiberscope::bench
