// SPDX-License-Identifier: BSL-1.0
/// The commands of processes, one function each.
#pragma once

#include "world.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace scenario {

/// One command at work: who does it, and its words.
struct Work {
    Process& self;
    World& world;
    const Words& words;

    const std::string& word(std::size_t index) const { return words[index]; }
    bool has(std::size_t index) const { return index < words.size(); }
    Term term(std::size_t index) const { return term_of(words[index]); }
    Pid pid(std::size_t index) const { return world.pid(words[index]); }
    Target target(std::size_t index) const { return world.target(words[index]); }
    /// Milliseconds, or `infinity`. **Errors:** throws Error{`wrong`} for what is neither.
    Duration time(std::size_t index, const char* wrong = "badarg") const {
        if (words[index] == "infinity")
            return infinity;
        const Term milliseconds = term(index);
        if (milliseconds.kind() != Term::Kind::integer || milliseconds.as_integer() < 0)
            throw Error{Term::atom(wrong)};
        return WaitTime{std::chrono::milliseconds{milliseconds.as_integer()}};
    }
};

/// The exit of a command that failed, which the actor may catch (an exit signal that ends the actor is none).
struct Failure {
    Term reason;
};

/// Does a command; returns its result as text. **Errors:** throws what the runtime throws, Failure and Unknown.
using CommandFunction = std::string (*)(const Work& work);
using CommandTable = std::map<std::string_view, CommandFunction>;

/// Section 4 of the language.
const CommandTable& process_commands();
/// Sections 6 to 8: servers, supervisors, applications.
const CommandTable& service_commands();

} // namespace scenario
