// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/pid.hpp>

#include <boost/system/result.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

/// An interned name: a number that stands for a text, the same in the whole program.
/// **Thread:** any thread. **Lifetime:** interned texts live as long as the program.
class Atom {
public:
    /// The atom `undefined`.
    constexpr Atom() noexcept = default;
    Atom(std::string_view name);                                    // NOLINT(google-explicit-constructor)
    Atom(const char* name) : Atom{std::string_view{name}} {}        // NOLINT(google-explicit-constructor)
    Atom(const std::string& name) : Atom{std::string_view{name}} {} // NOLINT(google-explicit-constructor)

    /// The atom of this text if there is one, else `undefined`: makes none. **Blocks:** never.
    static Atom existing(std::string_view name) noexcept;
    static constexpr Atom from_id(std::uint32_t id) noexcept {
        Atom atom;
        atom.id_ = id;
        return atom;
    }
    constexpr std::uint32_t id() const noexcept { return id_; }
    /// The text, valid for the program's life.
    std::string_view name() const noexcept;
    /// False for `undefined`.
    constexpr explicit operator bool() const noexcept { return id_ != 0; }
    friend constexpr auto operator<=>(Atom, Atom) noexcept = default;

private:
    std::uint32_t id_ = 0;
};

namespace detail {
class BlockVisitor;
template <class T>
struct BlocksOf;
struct TermNode;

template <class T>
concept Integer = std::is_integral_v<T> && !std::is_same_v<T, bool>;
} // namespace detail

class Term;
bool operator==(const Term& left, const Term& right) noexcept; // here, too: g++ does not export what is a friend alone

/// An immutable value of one pointer: atom, integer, floating point number, string, pid, reference, tuple or list.
/// Exit reasons, states and everything that the observer shows as a value are Terms. Prints in Erlang's form.
/// **Thread:** any thread; copies share the value by an atomic reference count.
class Term {
public:
    enum class Kind : std::uint8_t { atom, integer, string, pid, ref, tuple, list, floating };

    /// The atom `undefined`.
    constexpr Term() noexcept = default;
    constexpr Term(Atom atom) noexcept : word_{std::uintptr_t{atom.id()} << 2U | 1U} {} // NOLINT(google-explicit-constructor)
    Term(Pid pid);                                                                      // NOLINT(google-explicit-constructor)
    Term(Ref ref);                                                                      // NOLINT(google-explicit-constructor)
    template <detail::Integer T>
    Term(T value) : Term{integer(static_cast<std::int64_t>(value))} {} // NOLINT(google-explicit-constructor)
    /// The atom `true` or `false`.
    template <std::same_as<bool> Bool>
    Term(Bool value) : Term{boolean(value)} {} // NOLINT(google-explicit-constructor)
    template <std::floating_point Number>
    Term(Number value) : Term{floating(static_cast<double>(value))} {} // NOLINT(google-explicit-constructor)

    static Term atom(std::string_view name) { return Term{Atom{name}}; }
    static Term boolean(bool value) { return atom(value ? "true" : "false"); }
    static Term integer(std::int64_t value);
    /// Never equal to an integer (`=:=`). What Erlang has no number for is an atom: `nan`, `infinity`, `'-infinity'`.
    static Term floating(double value);
    /// A text in double quotes, as opposed to an atom.
    static Term string(std::string_view text);
    static Term tuple(std::initializer_list<Term> elements);
    static Term tuple(std::span<const Term> elements);
    static Term list(std::initializer_list<Term> elements);
    static Term list(std::span<const Term> elements);
    /// Reads the printed form (`{shutdown,[a,-5,"text"]}`; pids as `<0.90.0>` of node `node`).
    /// **Errors:** a sentence that says what is wrong and at which character.
    static boost::system::result<Term, std::string> parse(std::string_view text, std::uint32_t node = 0);

    Term(const Term& other) noexcept;
    Term(Term&& other) noexcept : word_{other.word_} { other.word_ = 1U; }
    Term& operator=(const Term& other) noexcept;
    Term& operator=(Term&& other) noexcept;
    ~Term();

    Kind kind() const noexcept;
    bool is_atom() const noexcept { return (word_ & 3U) == 1U; }
    bool is_atom(std::string_view name) const noexcept { return is_atom() && as_atom().name() == name; }
    /// Each accessor below is defined only for its own kind.
    Atom as_atom() const noexcept { return Atom::from_id(static_cast<std::uint32_t>(word_ >> 2U)); }
    std::int64_t as_integer() const noexcept;
    double as_floating() const noexcept;
    bool is_boolean() const noexcept { return is_atom("true") || is_atom("false"); }
    bool as_boolean() const noexcept { return is_atom("true"); }
    std::string_view as_string() const noexcept;
    Pid as_pid() const noexcept;
    Ref as_ref() const noexcept;
    /// The elements of a tuple or list; empty for every other kind.
    std::span<const Term> elements() const noexcept;
    /// True for a tuple whose first element is the atom `name`.
    bool is_tagged(std::string_view name) const noexcept;

    friend bool operator==(const Term& left, const Term& right) noexcept;

private:
    friend struct detail::BlocksOf<Term>;
    void visit_blocks(detail::BlockVisitor& visitor) const noexcept;
    explicit Term(detail::TermNode* node) noexcept : word_{reinterpret_cast<std::uintptr_t>(node)} {}
    detail::TermNode* node() const noexcept;

    /// Low bits: 01 atom, 10 small integer, 00 pointer to a counted node.
    std::uintptr_t word_ = 1U;
};

/// The printed form, as Erlang's `~w` prints it, texts in double quotes: `{shutdown,"idle"}`.
std::string to_string(const Term& term);
/// The same, cut at about `most_bytes`: then it ends in `...`. Costs what is printed, however large the term.
std::string to_string(const Term& term, std::size_t most_bytes);

/// Why a process ended. Any Term may be one; the named ones have a meaning to links and supervisors.
/// **Source:** "Reference Manual, Processes: Error Handling" of Erlang/OTP.
class ExitReason {
public:
    /// `normal`.
    ExitReason();
    /// A Term alone, not what may become one: so a `Result<int>` made of an int is a value.
    template <std::same_as<Term> T>
    ExitReason(T term) noexcept : term_{std::move(term)} {} // NOLINT(google-explicit-constructor)

    static ExitReason normal() { return {}; }
    static ExitReason shutdown() { return Term::atom("shutdown"); }
    /// `{shutdown,Detail}`.
    static ExitReason shutdown(Term detail);
    static ExitReason shutdown(std::string_view text) { return shutdown(Term::string(text)); }
    static ExitReason kill() { return Term::atom("kill"); }
    static ExitReason killed() { return Term::atom("killed"); }
    static ExitReason noproc() { return Term::atom("noproc"); }
    /// `{error,Detail}`: what an uncaught C++ exception becomes.
    static ExitReason error(Term detail);

    const Term& term() const noexcept { return term_; }
    bool is_normal() const noexcept;
    /// `normal`, `shutdown` or `{shutdown,_}`: no report, no restart of a transient child.
    bool is_clean() const noexcept;
    friend bool operator==(const ExitReason&, const ExitReason&) noexcept = default;

private:
    Term term_;
};

inline std::string to_string(const ExitReason& reason) {
    return to_string(reason.term());
}

/// An exception whose exit reason is `{error,term}`. `what()` is the term as it was printed first.
/// **Thread:** what(): any.
struct Error : std::exception {
    Term term;

    Error() noexcept = default;
    Error(Term error_term) noexcept : term{std::move(error_term)} {} // NOLINT(google-explicit-constructor)
    Error(const Error& other) noexcept : std::exception{other}, term{other.term} {}
    Error& operator=(const Error& other) noexcept;
    ~Error() override;
    const char* what() const noexcept override;

private:
    mutable std::atomic<const std::string*> text_{nullptr}; ///< made by who asks first
};

} // namespace fiberscope
