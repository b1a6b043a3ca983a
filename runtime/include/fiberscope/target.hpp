// SPDX-License-Identifier: BSL-1.0
/// Whom a call is for: a process, or whoever has a name.
#pragma once

#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace FIBERSCOPE_API fiberscope {

/// A registered name that is asked for. To look one up makes no atom: a text that is none is kept as a text, so names that
/// come from outside (users, sockets) may be looked up without end.
/// **Source:** `binary_to_existing_atom` of Erlang/OTP, which programs use for the same reason.
class Name {
public:
    Name(Atom atom) noexcept : atom_{atom} {}                       // NOLINT(google-explicit-constructor)
    Name(std::string_view text);                                    // NOLINT(google-explicit-constructor)
    Name(const char* text) : Name{std::string_view{text}} {}        // NOLINT(google-explicit-constructor)
    Name(const std::string& text) : Name{std::string_view{text}} {} // NOLINT(google-explicit-constructor)

    /// `undefined`, which nobody has, while no process can have the name, as there is no such atom.
    Atom existing() const noexcept { return text_ == nullptr ? atom_ : Atom::existing(*text_); }
    /// Makes it an atom: for what keeps the name.
    Atom atom() const { return text_ == nullptr ? atom_ : Atom{*text_}; }

private:
    Atom atom_;
    std::shared_ptr<const std::string> text_; ///< of a name that was no atom when it was asked for
};

/// Whom to send to: a pid or a registered name.
struct Target {
    Pid pid;
    Name name{Atom{}};

    Target(Pid process) noexcept : pid{process} {}              // NOLINT(google-explicit-constructor)
    Target(Atom registered) noexcept : name{registered} {}      // NOLINT(google-explicit-constructor)
    Target(const char* registered) : name{registered} {}        // NOLINT(google-explicit-constructor)
    Target(std::string_view registered) : name{registered} {}   // NOLINT(google-explicit-constructor)
    Target(const std::string& registered) : name{registered} {} // NOLINT(google-explicit-constructor)
};

} // namespace fiberscope
