// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/workload.hpp"

#include "workloads/arguments.hpp"
#include "workloads/builders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fiberscope::app {
namespace {

/// The application for one number in `range`.
template <Application (*Make)(std::uint32_t)>
WorkloadResult build_with_number(std::string_view argument, const NumberRange& range) {
    const auto number = parse_number(argument, range);
    if (!number)
        return number.error();
    return Make(static_cast<std::uint32_t>(*number));
}

WorkloadResult build_kv(std::string_view argument) {
    return build_with_number<make_kv>(argument, {"shards", 1, 1024});
}

/// `FOLDER` or `PASSESxFOLDER`. What is a folder as a whole is one.
WorkloadResult build_wordcount(std::string_view argument) {
    const auto is_folder = [](std::string_view path) {
        std::error_code error;
        return std::filesystem::is_directory(path, error);
    };
    const auto cross = argument.find('x');
    const bool has_passes =
        !is_folder(argument) && cross != std::string_view::npos && cross > 0 && argument.find_first_not_of("0123456789") == cross;
    const auto passes = parse_number(has_passes ? argument.substr(0, cross) : "1", {"passes", 1, 1'000'000});
    if (!passes)
        return passes.error();
    const auto folder = has_passes ? argument.substr(cross + 1) : argument;
    if (!is_folder(folder))
        return fmt::format("'{}' is not a folder", folder);
    return make_wordcount(folder, static_cast<std::uint32_t>(*passes));
}

WorkloadResult build_ring(std::string_view argument) {
    constexpr std::uint64_t default_hops = 100'000;
    const auto numbers = parse_numbers(argument, {"members", 2, 100'000}, {"hops", 1, 1'000'000'000}, default_hops);
    if (!numbers)
        return numbers.error();
    return make_ring(static_cast<std::uint32_t>(numbers->first), numbers->second);
}

WorkloadResult build_chat(std::string_view argument) {
    const auto numbers = parse_numbers(argument, {"rooms", 1, 1000}, {"members of a room", 1, 1000}, 25);
    if (!numbers)
        return numbers.error();
    return make_chat(static_cast<std::uint32_t>(numbers->first), static_cast<std::uint32_t>(numbers->second));
}

WorkloadResult build_burn(std::string_view argument) {
    return build_with_number<make_burn>(argument, {"processes", 1, 1000});
}

WorkloadResult build_greedy(std::string_view argument) {
    return build_with_number<make_greedy>(argument, {"interactive processes", 1, 100'000});
}

/// An application that takes no argument.
template <Application (*Make)()>
WorkloadResult build_plain(std::string_view argument) {
    if (!argument.empty())
        return fmt::format("it takes no argument, so not '{}'", argument);
    return Make();
}

/// `manual`, `random` or `random=MS`.
WorkloadResult build_faults(std::string_view argument) {
    constexpr std::string_view random = "random";
    if (argument == "manual")
        return make_faults(std::nullopt);
    if (argument == random)
        return make_faults(std::chrono::milliseconds{300});
    if (!argument.starts_with(random) || argument[random.size()] != '=')
        return fmt::format("'{}' is neither manual nor random nor random=MS", argument);
    const auto pause = parse_number(argument.substr(random.size() + 1), {"milliseconds", 1, 60'000});
    if (!pause)
        return pause.error();
    return make_faults(std::chrono::milliseconds{*pause});
}

WorkloadResult build_flood(std::string_view argument) {
    return build_with_number<make_flood>(argument, {"producers", 1, 100});
}

WorkloadResult build_idle(std::string_view argument) {
    return build_with_number<make_idle>(argument, {"servers", 1, 1'000'000});
}

constexpr std::array all_workloads{
    Workload{"kv", "SHARDS", "4", "sharded key-value store with supervised shards and clients", build_kv},
    Workload{"wordcount", "[PASSESx]FOLDER", "300x/usr/share/common-licenses",
             "map-reduce: counts the words of the files in a folder", build_wordcount},
    Workload{"ring", "N[xHOPS]", "100x100000", "a token that runs around a ring of processes", build_ring},
    Workload{"chat", "ROOMSxMEMBERS", "4x25", "chat rooms that fan out what their members say", build_chat},
    Workload{"burn", "N", "4", "tight loops that compute, never wait and call nothing", build_burn},
    Workload{"greedy", "N", "1000", "one runaway among N processes that want a turn now and then", build_greedy},
    Workload{"deadlock", "", "", "two servers that call each other, until both calls time out after 5 s",
             build_plain<make_deadlock>},
    Workload{"crashloop", "", "", "a child that fails until its supervisor gives up", build_plain<make_crashloop>},
    Workload{"faults", "random[=MS]", "manual", "children that overflow, crash and break limits, when provoked or at random",
             build_faults},
    Workload{"flood", "PRODUCERS", "4", "producers that are faster than their consumer", build_flood},
    Workload{"idle", "N", "10000", "servers that do nothing, up to 1,000,000", build_idle},
};

} // namespace

WorkloadResult Workload::make(std::string_view argument) const {
    auto application = build(argument.empty() ? default_argument : argument);
    if (!application)
        return fmt::format("workload {}: {}", name, application.error());
    return std::move(*application).described(std::string{description});
}

std::span<const Workload> workloads() noexcept {
    return all_workloads;
}

const Workload* find_workload(std::string_view name) noexcept {
    const auto* const found = std::ranges::find(all_workloads, name, &Workload::name);
    return found == all_workloads.end() ? nullptr : found;
}

WorkloadResult parse_workload(std::string_view text) {
    const auto colon = text.find(':');
    const auto name = text.substr(0, colon);
    const Workload* const workload = find_workload(name);
    if (workload == nullptr)
        return fmt::format("there is no workload '{}' (--list-workloads lists them)", name);
    if (colon == std::string_view::npos)
        return workload->make({});
    if (colon + 1 == text.size())
        return fmt::format("workload {}: nothing follows the ':'", name);
    return workload->make(text.substr(colon + 1));
}

std::string list_workloads() {
    std::string text;
    for (const Workload& workload : all_workloads) {
        const auto syntax = workload.argument_syntax.empty() ? std::string{workload.name}
                                                             : fmt::format("{}[:{}]", workload.name, workload.argument_syntax);
        text += fmt::format("{:<22} {}", syntax, workload.description);
        if (!workload.default_argument.empty())
            text += fmt::format(" (default {})", workload.default_argument);
        text += '\n';
    }
    return text;
}

} // namespace fiberscope::app
