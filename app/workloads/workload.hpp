// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/application.hpp>

#include <boost/system/result.hpp>

#include <span>
#include <string>
#include <string_view>

namespace fiberscope::app {

/// The application, or one sentence that says what is wrong with the argument.
using WorkloadResult = boost::system::result<Application, std::string>;

/// An example that can be started from the toolbar and by `--workload NAME[:ARG]`. Its name is its application's, so
/// that it runs at most once at a time.
struct Workload {
    std::string_view name;
    std::string_view argument_syntax;  ///< `SHARDS`, `N[xHOPS]`; empty: it takes none
    std::string_view default_argument; ///< what an absent argument means
    std::string_view description;      ///< one line

    /// Builds the application. Starts nothing. An empty argument means the default one.
    /// **Thread:** any thread. **Blocks:** for looking at a folder (wordcount), else never.
    WorkloadResult make(std::string_view argument) const;

    WorkloadResult (*build)(std::string_view argument); ///< for a given argument
};

/// All workloads, in the order in which they are offered.
std::span<const Workload> workloads() noexcept;
/// The workload of this name, or nullptr.
const Workload* find_workload(std::string_view name) noexcept;
/// Builds the application that `NAME[:ARG]` names.
WorkloadResult parse_workload(std::string_view text);
/// What `--list-workloads` prints: name, argument and description, one line a workload.
std::string list_workloads();

} // namespace fiberscope::app
