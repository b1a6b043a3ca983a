// SPDX-License-Identifier: BSL-1.0
/// What a process of a scenario does when it is told to.
#pragma once

#include "script.hpp"

#include <fiberscope/fiberscope.hpp>

#include <cstdint>
#include <string>

namespace scenario {

class World;

/// Tells a process to do a command and to answer with a Done.
struct Command {
    fiberscope::Pid controller;
    std::uint64_t id = 0;
    Words words;
};
struct Done {
    std::uint64_t id = 0;
    std::string result;
};

enum class AfterCommand { go_on, end };

/// Does the command and sends its result. **Errors:** the commands that end a process throw what ends it.
AfterCommand do_command(fiberscope::Process& self, World& world, const Command& command);

/// The body of a plain process: does what it is told, and leaves all other messages in its mailbox.
void obey(fiberscope::Process& self, World& world);

} // namespace scenario
