// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/server.hpp>
#include <fiberscope/supervision.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

/// How a supervisor stops a child: `exit(child, shutdown)`, and `kill` if it has not ended after `time`.
class Shutdown {
public:
    /// A time that is too far to count is `infinity`; a negative one is refused with the child spec. **Errors:** badarg: NaN.
    template <class Rep, class Period>
    constexpr Shutdown(std::chrono::duration<Rep, Period> time) // NOLINT(google-explicit-constructor)
        : time_{detail::saturated(time)} {}
    /// Waits for ever: for supervisors.
    static const Shutdown infinity;
    /// `kill` at once.
    static const Shutdown brutal_kill;

    constexpr bool is_infinite() const noexcept { return time_ == fiberscope::infinity; }
    constexpr bool is_brutal() const noexcept { return is_brutal_; }
    /// A time that no child can be given.
    constexpr bool is_negative() const noexcept { return time_ < Duration::zero(); }
    constexpr Duration time() const noexcept { return time_; }

private:
    constexpr Shutdown() noexcept : time_{0}, is_brutal_{true} {}

    Duration time_;
    bool is_brutal_ = false;
};
inline constexpr Shutdown Shutdown::infinity{fiberscope::infinity};
inline constexpr Shutdown Shutdown::brutal_kill{};

/// How a supervisor treats a child. The defaults are OTP's (rule S02).
struct ChildOptions {
    RestartType restart = RestartType::permanent;
    std::optional<Shutdown> shutdown{}; ///< default: 5 s for a worker, infinity for a supervisor
    std::optional<ChildType> type{};    ///< default: by what the child is
    bool significant = false;
};

class Supervisor;

/// Starts a child by code of its own, as OTP's start function `{M,F,A}` does. `start` runs in the supervisor's process;
/// it returns the child's process when that stands, or the default Pid for `ignore`, and links it itself: the end of a child that
/// is not linked is never noticed (rule S21). What it throws is the failure of that start.
struct StartFunction {
    std::function<Result<Pid>(Process& supervisor)> start;
    std::string name{}; ///< what reports show
};

/// What a supervisor knows of a child: its id, how to start it, how to treat it.
struct ChildSpec {
    Term id;
    /// A server, a supervisor, a plain process with this body, or code that starts one.
    std::variant<ServerSpec, std::shared_ptr<const Supervisor>, std::function<void(Process&)>, StartFunction> start;
    SpawnOptions spawn;                 ///< for a plain process
    const void* function = nullptr;     ///< a plain process: address of its body, ...
    const char* mangled_type = nullptr; ///< ... or the type of that, for its name in the observer
    ChildOptions options;

    ChildType type() const noexcept;
    Shutdown shutdown() const noexcept;
};

/// When a supervisor gives up: more than `intensity` restarts within `period`. Whole seconds, as in OTP (rule S06).
struct RestartLimits {
    std::int32_t intensity = 1;
    std::chrono::seconds period{5};
};

/// Whether the end of significant children ends their supervisor (rule S18).
enum class AutoShutdown : std::uint8_t {
    never,
    any_significant, ///< when a significant child ends by itself and is not restarted
    all_significant, ///< when the last of them does
};

namespace detail {

/// Callable as the body of a process.
template <class Function>
concept ProcessBody = std::is_invocable_v<Function&, Process&>;

/// The body, or where it cannot be copied a caller of the one that there is.
template <class Function>
std::function<void(Process&)> copyable_body(Function body) {
    if constexpr (std::is_copy_constructible_v<Function>)
        return body;
    else
        return [kept = std::make_shared<Function>(std::move(body))](Process& self) { (*kept)(self); };
}

} // namespace detail

/// The definition of a supervisor: strategy, limits, children in start order. A value; starting it makes the process.
/// **Source:** OTP, stdlib, manual page `supervisor` (rules S01 to S22). Wanted differences: the definition is a value instead of
/// the result of an `init` callback, so there is no code change and no `{ok,Pid,Extra}`; WhichChildren answers in start order
/// (OTP: the newest first), and knows restarts and last exit reasons, too; what a definition cannot express (an unknown strategy)
/// does not compile; a child on demand whose restart answers `ignore` is forgotten (OTP 25 crashes at its own end).
class Supervisor {
public:
    static Supervisor one_for_one(RestartLimits limits = {}) { return {Strategy::one_for_one, limits}; }
    static Supervisor one_for_all(RestartLimits limits = {}) { return {Strategy::one_for_all, limits}; }
    static Supervisor rest_for_one(RestartLimits limits = {}) { return {Strategy::rest_for_one, limits}; }

    /// Children come on demand (StartChild) and have no ids; the one child added here is their template: it says how they
    /// are treated, and what is started unless the request says otherwise (rule S17).
    static Supervisor simple_one_for_one(RestartLimits limits = {}) { return {Strategy::simple_one_for_one, limits}; }

    /// Adds a server.
    Supervisor child(Term id, ServerSpec start, ChildOptions options = {}) && {
        return std::move(*this).child(ChildSpec{std::move(id), std::move(start), {}, nullptr, nullptr, options});
    }
    /// Adds a supervisor.
    Supervisor child(Term id, Supervisor start, ChildOptions options = {}) &&;
    /// Adds a child that `start` starts.
    Supervisor child(Term id, StartFunction start, ChildOptions options = {}) && {
        return std::move(*this).child(ChildSpec{std::move(id), std::move(start), {}, nullptr, nullptr, options});
    }
    /// Adds a plain process with this body, copied for each start. One that cannot be copied is kept, and each start calls
    /// it again: what it has moved away or changed stays so, and the children of such a template share it.
    template <detail::ProcessBody Function>
    Supervisor child(Term id, Function body, ChildOptions options = {}, SpawnOptions spawn = {}) && {
        ChildSpec spec{std::move(id), {}, std::move(spawn), nullptr, nullptr, options};
        if constexpr (std::is_pointer_v<Function>)
            spec.function = reinterpret_cast<const void*>(body);
        else
            spec.mangled_type = typeid(Function).name();
        spec.start = detail::copyable_body(std::move(body));
        return std::move(*this).child(std::move(spec));
    }
    /// The same with an atom for an id, as most ids are.
    Supervisor child(const char* id, ServerSpec start, ChildOptions options = {}) && {
        return std::move(*this).child(Term::atom(id), std::move(start), options);
    }
    Supervisor child(const char* id, Supervisor start, ChildOptions options = {}) && {
        return std::move(*this).child(Term::atom(id), std::move(start), options);
    }
    Supervisor child(const char* id, StartFunction start, ChildOptions options = {}) && {
        return std::move(*this).child(Term::atom(id), std::move(start), options);
    }
    template <detail::ProcessBody Function>
    Supervisor child(const char* id, Function body, ChildOptions options = {}, SpawnOptions spawn = {}) && {
        return std::move(*this).child(Term::atom(id), std::move(body), options, std::move(spawn));
    }
    Supervisor child(ChildSpec spec) && {
        children_.push_back(std::move(spec));
        return std::move(*this);
    }
    /// Gives the supervisor's process a registered name.
    Supervisor named(Atom name) && {
        name_ = name;
        return std::move(*this);
    }

    /// Default: never.
    Supervisor auto_shutdown(AutoShutdown when) && {
        auto_shutdown_ = when;
        return std::move(*this);
    }

    Strategy strategy() const noexcept { return strategy_; }
    AutoShutdown auto_shutdown() const noexcept { return auto_shutdown_; }
    RestartLimits limits() const noexcept { return limits_; }
    Atom name() const noexcept { return name_; }
    const std::vector<ChildSpec>& children() const noexcept { return children_; }
    /// How to start it as a process.
    ServerSpec start() const;

private:
    Supervisor(Strategy strategy, RestartLimits limits) noexcept : strategy_{strategy}, limits_{limits} {}

    Strategy strategy_;
    RestartLimits limits_;
    AutoShutdown auto_shutdown_ = AutoShutdown::never;
    Atom name_;
    std::vector<ChildSpec> children_;
};

/// Requests that every supervisor answers, in OTP's words: `self.call("kv_sup", StartChild{spec})`.
/// Starts a child and adds it at the end of the start order. simple_one_for_one: starts one more from the template; of
/// `spec` only what it starts counts.
struct StartChild {
    using Reply = Result<Pid>;             ///< the default Pid for `ignore`; errors as rule S14
    std::shared_ptr<const ChildSpec> spec; ///< may be nullptr with simple_one_for_one only
};
/// simple_one_for_one: `id` is the pid of the child.
struct TerminateChild {
    using Reply = Result<std::monostate>; ///< errors: not_found; simple_one_for_one if `id` is no pid there
    Term id;
};
struct RestartChild {
    using Reply = Result<Pid>; ///< errors: running, restarting, not_found, simple_one_for_one, or the start's reason
    Term id;
};
struct DeleteChild {
    using Reply = Result<std::monostate>; ///< errors: running, restarting, not_found, simple_one_for_one
    Term id;
};
/// simple_one_for_one: the id of the template, or the pid of a child, gives the template.
struct GetChildSpec {
    using Reply = Result<std::shared_ptr<const ChildSpec>>; ///< error: not_found
    Term id;
};
/// Children in start order.
struct WhichChildren {
    using Reply = std::vector<ChildInfo>;
};
struct CountChildren {
    struct Counts {
        std::uint32_t specs = 0, active = 0, supervisors = 0, workers = 0;
    };
    using Reply = Counts;
};

namespace detail {
template <>
struct is_standard_message<ChildInfo> : std::true_type {};
} // namespace detail

} // namespace fiberscope
