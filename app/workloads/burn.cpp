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

/// Searches for primes for ever. Never waits and calls nothing of the runtime but poll(), so that it gives way; what
/// it found stands in its dictionary.
void burner(Process& self) {
    std::uint64_t primes = 0;
    for (std::uint64_t number = 1'000'000'001;; number += 2) {
        self.poll();
        if (!is_prime(number))
            continue;
        if (++primes % 1000 == 0)
            self.put(Term::atom("primes"), primes);
    }
}

} // namespace

Application make_burn(std::uint32_t burners) {
    auto supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named("burn_sup");
    for (std::uint32_t index = 1; index <= burners; ++index) {
        const auto name = fmt::format("burner_{}", index);
        supervisor = std::move(supervisor)
                         .child(Term::atom(name), burner, {}, {.label = name, .initial_function = "fiberscope::app::burner"});
    }
    return Application{"burn", std::move(supervisor)}.described("processes that compute and never wait");
}

} // namespace fiberscope::app
