// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fiberscope::bench {

/// A comparison with programs of the same work on other runtimes.
struct Versus {
    std::vector<std::string_view> peers; ///< names of `peer_names`
    std::vector<std::string_view> rows;
    std::uint32_t schedulers = 0; ///< of every runtime; 0: one a core
    std::uint32_t rounds = 5;
};

/// `beam`, `go`, ...
std::vector<std::string_view> peer_names();

/// Builds the peers, runs every row of everybody in turns, each in a program of its own, and prints a table: medians, minima, and
/// how many times more a peer takes. Names on standard error what is left out and why. **Blocks:** until all have run. Returns
/// the exit status: 1 if Fiberscope itself failed or no peer is there.
int run_versus(const Versus& versus);

} // namespace fiberscope::bench
