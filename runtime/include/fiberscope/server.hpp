// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/process.hpp>
#include <fiberscope/supervision.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace FIBERSCOPE_API fiberscope {

namespace detail {
class ServerLoop;
}

/// The messages that a Server takes with a type of their own: `using Messages = fiberscope::Messages<Get, Put>;`.
template <class... T>
struct Messages {}; // in a server: using Messages = fiberscope::Messages<...>; with fiberscope::, else the name hides itself

/// Whom a request came from: keep it to reply later, from any process, once.
template <class Request>
struct From {
    Pid pid;
    Ref tag;
};

namespace detail {

/// A Reply may be made of T, which is not one itself.
template <class T, class Reply>
concept ValueFor = std::constructible_from<typename Reply::Value, T> && !std::same_as<std::decay_t<T>, Reply>;

} // namespace detail

/// What a `handle_call` returns: the reply, or `Reply<Get>::later()` if it comes by `reply(from, value)`.
template <class Request>
class Reply {
public:
    using Value = ReplyOf<Request>;

    template <detail::ValueFor<Reply> T>
    Reply(T&& value) : value_{Value(std::forward<T>(value))} {} // NOLINT(google-explicit-constructor)
    static Reply later() { return Reply{}; }

    std::optional<Value>& value() noexcept { return value_; }

private:
    Reply() = default;
    std::optional<Value> value_;
};

namespace detail {

/// Stands for a handler that a server does not have.
struct NoHandler {};

/// Turns into any message but those: for what other type is there a handler?
template <class... Known>
struct AnyOther {
    template <class T>
    requires(!std::is_same_v<T, Message> && !std::is_same_v<T, AnyOther> && !(std::is_convertible_v<Known, T> || ...))
    operator T() const noexcept; // NOLINT(google-explicit-constructor)
};

} // namespace detail

class ServerBase;

/// How to start a server: what a supervisor keeps to start it again. A value, copied freely.
struct ServerSpec {
    std::function<std::unique_ptr<ServerBase>()> make; ///< runs in the new process: the server's init
    const char* mangled_type = nullptr;                ///< of the server, for its name in the observer
    SpawnOptions options;

    /// The same server under a registered name.
    ServerSpec named(Atom name) && {
        options.name = name;
        return std::move(*this);
    }
    ServerSpec labelled(std::string label) && {
        options.label = std::move(label);
        return std::move(*this);
    }
};

/// The part of a Server that does not depend on its type. Use `Server<Derived>`.
class ServerBase {
public:
    ServerBase();
    ServerBase(const ServerBase&) = delete;
    ServerBase& operator=(const ServerBase&) = delete;
    virtual ~ServerBase() = default;

    /// Replies to a request, from any process. A second reply, or one after the caller's timeout, is dropped.
    template <class Request>
    static void reply(Process& self, const From<Request>& from, ReplyOf<Request> value) {
        using Value = ReplyOf<Request>;
        detail::send_reply(self, from.pid, from.tag,
                           std::make_unique<detail::Envelope<Value>>(detail::SignalKind::message, std::move(value)));
    }

protected:
    // A server that has such a handler hides these; by them one is found that nobody can call.
    static constexpr detail::NoHandler handle_call{};
    static constexpr detail::NoHandler handle_cast{};
    static constexpr detail::NoHandler handle_info{};
    static constexpr detail::NoHandler handle_continue{};
    static constexpr detail::NoHandler handle_timeout{};
    static constexpr detail::NoHandler terminate{};

    /// The process that this server is.
    Process& self() const noexcept { return *self_; }
    /// Stops the server after the running handler, with terminate. In the constructor: the start fails with `reason`.
    void stop(ExitReason reason = ExitReason::normal()) { stop_ = std::move(reason); }
    /// In the constructor only: the start answers `ignore`, no process is left.
    void ignore() { ignore_ = true; }
    /// After the running handler (or the start), before any waiting message, `handle_continue(term)` runs.
    void continue_with(Term term) { continue_ = std::move(term); }
    /// `handle_timeout()` runs if no message comes for this long after the running handler (G09).
    void idle_timeout(WaitTime timeout) { idle_timeout_ = timeout; }
    /// The request that `handle_call` handles now, to reply to later.
    template <class Request>
    From<Request> from() const noexcept {
        return {caller_, tag_};
    }
    /// When the message that is handled now was sent (for an exit: when the process ended), clock of the runtime.
    std::int64_t sent_ns() const noexcept { return sent_ns_; }

private:
    friend class detail::ControlBlock;
    friend class detail::ServerLoop;

    /// Runs the handler for `message`. False: the server has none for it.
    virtual bool handle(detail::MessageSignal& message) = 0;
    virtual void on_continue(const Term& term) = 0;
    virtual void on_timeout() = 0;
    virtual void on_terminate(const ExitReason& reason) = 0;
    /// The state as `sys::GetState` and the observer show it; nothing: it has no view.
    virtual std::optional<Term> state_view() const = 0;
    /// Gives back its memory without its destructor: a handler of it was given up in the middle.
    virtual void forget() noexcept = 0;
    /// A supervisor tells about its children; false: this server is none.
    virtual bool describe_supervisor(SupervisorInfo&, bool /*with_children*/) const { return false; }

    /// Calls `on_terminate` with the reason to stop with, once.
    void run_terminate();

    template <class Derived>
    friend class Server;

    Process* self_;
    std::optional<ExitReason> stop_;
    std::optional<Term> continue_;
    std::optional<Duration> idle_timeout_;
    bool ignore_ = false;
    bool terminated_ = false;
    Pid caller_; ///< of the call that is handled now
    Ref tag_;
    std::int64_t sent_ns_ = 0;
};

/// A generic server: state in an object, no stack while idle. Its constructor is OTP's `init`; it runs in the new process.
/// Handlers, each only if the server needs it:
///   `Reply<Get> handle_call(const Get&)`, `void handle_cast(Put)`, `void handle_info(Tick)` for each T of
///   `using Messages = fiberscope::Messages<Get, Put, Tick>;` (a call is a type with a `Reply`), `void handle_info(const
///   Message&)` for all else, `void handle_continue(const Term&)`, `void handle_timeout()`, `void terminate(const ExitReason&)`,
///   `Term state() const` (what `sys::GetState` and the observer show).
/// **Thread:** handlers run in the server's process; they may receive and call, the server then keeps its fiber meanwhile.
/// **Errors:** what a handler throws ends the server with that reason, after terminate. An unknown call or cast
/// ends it with `{error,function_clause}`; an unknown info message is logged and dropped.
/// Every server answers the requests of `<fiberscope/sys.hpp>`, too.
/// **Source:** OTP, stdlib, manual pages `gen_server` and `sys` (rules G01 to G14). Wanted differences: handlers change the
/// object instead of returning a new state; stop, continue and timeout are calls instead of return values; what a handler throws
/// is an error, never a return value (G10).
template <class Derived>
class Server : public ServerBase {
public:
    /// How to start one with these arguments; they are copied for each start.
    template <class... Args>
    static ServerSpec start(Args... args) {
        static_assert((std::is_copy_constructible_v<Args> && ...),
                      "Server::start: the arguments are copied for each start, and one of them cannot be copied");
        check_handlers();
        ServerSpec spec;
        spec.mangled_type = typeid(Derived).name();
        spec.make = [args = std::make_tuple(std::move(args)...)]() -> std::unique_ptr<ServerBase> {
            return std::apply([](const auto&... arg) { return std::make_unique<Derived>(arg...); }, args);
        };
        return spec;
    }

private:
    Derived& derived() noexcept { return static_cast<Derived&>(*this); }

    static constexpr bool has_messages = requires { typename Derived::Messages; };

    /// What compiles, but would never be called, does not compile.
    static constexpr void check_handlers() {
        constexpr bool no_calls = requires {
            { Derived::handle_call } -> std::convertible_to<detail::NoHandler>;
        };
        constexpr bool no_casts = requires {
            { Derived::handle_cast } -> std::convertible_to<detail::NoHandler>;
        };
        static_assert(has_messages || (no_calls && no_casts),
                      "a server with handle_call or handle_cast says, in public, what it takes: "
                      "using Messages = fiberscope::Messages<Get, Put>;");
        constexpr bool no_continue = requires {
            { Derived::handle_continue } -> std::convertible_to<detail::NoHandler>;
        };
        constexpr bool continues = requires(Derived & server, const Term& term) {
            server.handle_continue(term);
        };
        static_assert(no_continue || continues, "handle_continue is private, or is not void handle_continue(const Term&)");
        constexpr bool no_timeout = requires {
            { Derived::handle_timeout } -> std::convertible_to<detail::NoHandler>;
        };
        constexpr bool times_out = requires(Derived & server) {
            server.handle_timeout();
        };
        static_assert(no_timeout || times_out, "handle_timeout is private, or is not void handle_timeout()");
        constexpr bool no_terminate = requires {
            { Derived::terminate } -> std::convertible_to<detail::NoHandler>;
        };
        constexpr bool terminates = requires(Derived & server, const ExitReason& reason) {
            server.terminate(reason);
        };
        static_assert(no_terminate || terminates, "terminate is private, or is not void terminate(const ExitReason&)");
        if constexpr (has_messages)
            check_messages(typename Derived::Messages{});
        else {
            constexpr bool no_info = requires {
                { Derived::handle_info } -> std::convertible_to<detail::NoHandler>;
            };
            constexpr bool takes_any = requires(Derived & server, const Message& any) {
                server.handle_info(any);
            };
            static_assert(no_info || takes_any, "handle_info is private, or its type is not in using Messages = "
                                                "fiberscope::Messages<Tick>; a handle_info(const Message&) takes all else");
        }
    }

    /// One that is not in the list; of several the compiler would not know which.
    template <class... T>
    static constexpr void check_messages(Messages<T...>) {
        (detail::check_message<T>(), ...);
        using Other = detail::AnyOther<T...>;
        constexpr bool calls_other = requires(Derived & server, const Other& other) {
            server.handle_call(other);
        };
        constexpr bool casts_other = requires(Derived & server, const Other& other) {
            server.handle_cast(other);
        };
        constexpr bool infos_other = requires(Derived & server, const Other& other) {
            server.handle_info(other);
        };
        constexpr bool calls_all = requires(Derived & server, const detail::NoField& any) {
            server.handle_call(any);
        };
        constexpr bool casts_all = requires(Derived & server, const detail::NoField& any) {
            server.handle_cast(any);
        };
        constexpr bool infos_all = requires(Derived & server, const detail::NoField& any) {
            server.handle_info(any);
        };
        constexpr bool takes_all = calls_all || casts_all || infos_all || (std::is_convertible_v<Other, T> || ...);
        static_assert(
            takes_all || !(calls_other || casts_other || infos_other),
            "a type is forgotten in Messages: a handler takes one that is not in using Messages = fiberscope::Messages<...>");
    }

    bool handle(detail::MessageSignal& message) final {
        if constexpr (requires { typename Derived::Messages; })
            if (handle_one_of(message, typename Derived::Messages{}))
                return true;
        if (message.role != detail::MessageRole::info)
            return false;
        if constexpr (requires(Derived & server, const Message& any) { server.handle_info(any); }) {
            derived().handle_info(Message{message});
            return true;
        } else
            return false;
    }

    template <class... T>
    bool handle_one_of(detail::MessageSignal& message, Messages<T...>) {
        return ((detail::is_type<T>(*message.type) && handle_as<T>(message)) || ...);
    }

    template <class T>
    bool handle_as(detail::MessageSignal& message) {
        T& value = *static_cast<T*>(message.value);
        constexpr bool takes_call = requires(Derived & server, T & request) {
            server.handle_call(request);
        };
        constexpr bool takes_cast = requires(Derived & server, T & cast) {
            server.handle_cast(std::move(cast));
        };
        constexpr bool takes_info = requires(Derived & server, T & info) {
            server.handle_info(std::move(info));
        };
        static_assert(takes_call || takes_cast || takes_info,
                      "a type in Messages has no public handler: handle_call(const T&), handle_cast(T) or handle_info(T)");
        if constexpr (takes_call)
            if (message.role == detail::MessageRole::call)
                return answer<T>(message, value), true;
        if constexpr (takes_cast)
            if (message.role == detail::MessageRole::cast)
                return derived().handle_cast(std::move(value)), true;
        if constexpr (takes_info)
            if (message.role == detail::MessageRole::info)
                return derived().handle_info(std::move(value)), true;
        return false;
    }

    template <class T>
    void answer(detail::MessageSignal& message, const T& request) {
        caller_ = message.from;
        tag_ = message.tag;
        const From<T> from{caller_, tag_};
        Reply<T> reply = derived().handle_call(request);
        if (!reply.value())
            return;
        if (!stop_)
            return ServerBase::reply(self(), from, std::move(*reply.value()));
        try { // a handler that asked to stop: terminate runs before the reply, which is sent even if it fails (rule G07)
            run_terminate();
        } catch (...) {
            ServerBase::reply(self(), from, std::move(*reply.value()));
            throw;
        }
        ServerBase::reply(self(), from, std::move(*reply.value()));
    }

    void on_continue(const Term& term) final {
        if constexpr (requires(Derived & server) { server.handle_continue(term); })
            derived().handle_continue(term);
    }
    void on_timeout() final {
        if constexpr (requires(Derived & server) { server.handle_timeout(); })
            derived().handle_timeout();
    }
    void on_terminate(const ExitReason& reason) final {
        if constexpr (requires(Derived & server) { server.terminate(reason); })
            derived().terminate(reason);
    }
    void forget() noexcept final { std::allocator<Derived>{}.deallocate(&derived(), 1); }
    std::optional<Term> state_view() const final {
        if constexpr (requires(const Derived& server) {
                          { server.state() } -> std::convertible_to<Term>;
                      })
            return Term{static_cast<const Derived&>(*this).state()};
        else
            return std::nullopt;
    }
};

} // namespace fiberscope
