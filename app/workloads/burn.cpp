// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

bool is_prime(std::uint64_t odd_number) {
    for (std::uint64_t divisor = 3; divisor * divisor <= odd_number; divisor += 2)
        if (odd_number % divisor == 0)
            return false;
    return true;
}

/// Searches for primes for ever. Calls nothing of the runtime: it gives way where it is interrupted, and a kill abandons it.
void burner(Process&) {
    volatile std::uint64_t primes = 0;
    for (std::uint64_t number = 1'000'000'001;; number += 2)
        if (is_prime(number))
            primes = primes + 1;
}

} // namespace

Application make_burn(std::uint32_t burners) {
    auto supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named("burn_sup");
    for (std::uint32_t index = 1; index <= burners; ++index) {
        const auto name = fmt::format("burner_{}", index);
        // `shutdown` ends it as `kill` does: there is nothing to wait for
        supervisor = std::move(supervisor)
                         .child(Term::atom(name), burner, {.shutdown = Shutdown::brutal_kill},
                                {.label = name, .initial_function = "fiberscope::app::burner"});
    }
    return Application{"burn", std::move(supervisor)};
}

} // namespace fiberscope::app
