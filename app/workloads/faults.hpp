// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace fiberscope {
class Process;
}

/// What can go wrong in a shop: the workload `faults`.
namespace fiberscope::app::faults {

/// To a process of the workload: do what you are here for.
struct Provoke {};

/// A way to go wrong. Its process waits for a Provoke, then goes wrong a few calls deep.
struct Fault {
    std::string_view name;        ///< one word: of the process `faults_WORD`, of the toolbar's entry
    std::string_view title;       ///< what to do, for a menu: `Overflow the stack`
    std::string_view description; ///< what comes of it, in a sentence
    void (*commit)(Process& self);
    std::size_t message_queue_limit = 0; ///< of its process; 0: none
    std::size_t heap_limit = 0;          ///< bytes, likewise

    /// The registered name of its process.
    Atom process() const;
};

/// All of them, in the order in which they are offered.
std::span<const Fault> all() noexcept;

} // namespace fiberscope::app::faults
