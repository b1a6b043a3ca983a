// SPDX-License-Identifier: BSL-1.0
/// fiberscope-scenario [--schedulers N] FILE...: runs scenarios and prints what happened.
#include "controller.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
    std::uint32_t schedulers = 0; ///< one a core
    std::vector<std::string> files;
    std::string error;
};

Options parse(char** arguments) {
    Options options;
    for (++arguments; *arguments != nullptr && options.error.empty(); ++arguments) {
        const std::string_view argument = *arguments;
        if (argument == "--schedulers") {
            const std::string_view value = arguments[1] != nullptr ? *++arguments : "";
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), options.schedulers);
            if (error != std::errc{} || end != value.data() + value.size() || options.schedulers < 1 || options.schedulers > 255)
                options.error = fmt::format("--schedulers takes a number from 1 to 255, not '{}'", value);
        } else if (argument.starts_with("-"))
            options.error = fmt::format("no option '{}'", argument);
        else
            options.files.emplace_back(argument);
    }
    if (options.files.empty() && options.error.empty())
        options.error = "usage: fiberscope-scenario [--schedulers N] FILE...";
    return options;
}

} // namespace

int main(int /*argc*/, char** arguments) {
    const Options options = parse(arguments);
    if (!options.error.empty()) {
        fmt::print(stderr, "fiberscope-scenario: {}\n", options.error);
        return 2;
    }
    try {
        for (const std::string& file : options.files) {
            fmt::print("{}", scenario::run_script(scenario::read_script(file), options.schedulers));
            std::fflush(stdout);
        }
    } catch (const scenario::ScriptError& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
    return 0;
}
