// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/isolation.hpp>
#include <fiberscope/message.hpp>
#include <fiberscope/preemption.hpp>
#include <fiberscope/priority.hpp>
#include <fiberscope/receive.hpp>
#include <fiberscope/result.hpp>
#include <fiberscope/target.hpp>

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

class Node;
class Process;
struct ServerSpec;

/// How to spawn a process. A child inherits nothing (rule P05).
struct SpawnOptions {
    Atom name{};          ///< registered name; taken already: badarg
    std::string label{};  ///< what it is for, for the reader of the observer; at most 63 bytes are shown
    bool link = false;    ///< linked to its spawner from the start
    bool monitor = false; ///< monitored by its spawner from the start (spawn_monitor returns the reference)
    Priority priority = Priority::normal;
    std::size_t stack_bytes = 64 * 1024; ///< address space of its stack; only touched pages cost memory
    Limit message_queue_limit{};         ///< messages in its mailbox, counted when it looks at them
    Limit heap_limit{};                  ///< bytes of its `heap()` (`max_heap_size`, rule F04)
    std::string initial_function{};      ///< what the observer shows; default: the name of the function or closure
    /// How it is preempted; default: as its Node says. `signal` has no effect where the Node refuses signals.
    std::optional<Preemption> preemption{};
    /// It stays on the scheduler that begins it: for code that holds the place of something thread_local, or a lock that must be
    /// given back by the thread that took it, over a wait. Without this a process that has waited may go on on another thread.
    bool pin = false;
};

namespace detail {

class ControlBlock;
struct ProcessAccess;

/// The function of a process.
struct Body {
    virtual ~Body() = default;
    virtual void run(Process& self) = 0;
    /// Gives back its memory without its destructor: it was given up in the middle.
    virtual void forget() noexcept = 0;
};

template <class Function>
struct BodyOf final : Body {
    Function function;
    explicit BodyOf(Function body) : function{std::move(body)} {}
    ~BodyOf() noexcept override {} // NOLINT(modernize-use-equals-default): as that of an Envelope
    void run(Process& self) override { function(self); }
    void forget() noexcept override { std::allocator<BodyOf>{}.deallocate(this, 1); }
};

/// What a spawn needs to know of a body: the body and where its name comes from.
struct SpawnRequest {
    std::unique_ptr<Body> body;
    const void* function = nullptr;     ///< address of a plain function
    const char* mangled_type = nullptr; ///< else the type of the closure
    Pid watcher{};                      ///< who monitors it from its birth, ...
    Ref watched_as{};                   ///< ... under this reference: a task's owner
};

template <class Function>
SpawnRequest make_spawn_request(Function&& function) {
    using Decayed = std::decay_t<Function>;
    static_assert(std::is_invocable_v<Decayed&, Process&>, "the body of a process is callable as body(Process& self)");
    SpawnRequest request;
    if constexpr (std::is_pointer_v<Decayed>)
        request.function = reinterpret_cast<const void*>(function);
    else if constexpr (requires { typename Decayed::Shown; })
        request.mangled_type = typeid(typename Decayed::Shown).name(); // the body stands for another function
    else
        request.mangled_type = typeid(Decayed).name();
    if constexpr (requires { function.watched_as; }) {
        request.watcher = function.watcher;
        request.watched_as = function.watched_as;
    }
    request.body = std::make_unique<BodyOf<Decayed>>(std::forward<Function>(function));
    return request;
}

/// Sends a reply to the request `tag`: dropped where nobody waits for it any more. The request's monitor ends with it.
void send_reply(Process& self, Pid to, Ref tag, std::unique_ptr<MessageSignal> reply);

/// The message leaves the hands of `holder`.
void let_go(Process& holder, MessageSignal& message) noexcept;

/// While a handler has a message, the runtime knows of it, so that it is not lost if the process is abandoned there.
class InHand {
public:
    InHand(Process& holder, MessageSignal* message) noexcept : holder_{holder}, message_{message} {}
    ~InHand() {
        if (message_ != nullptr)
            let_go(holder_, *message_);
    }
    InHand(const InHand&) = delete;
    InHand& operator=(const InHand&) = delete;

private:
    Process& holder_;
    MessageSignal* message_;
};

/// A function to run in the blocking pool.
struct BlockingCall {
    virtual void run() noexcept = 0;

protected:
    ~BlockingCall() = default;
};

} // namespace detail

/// The process itself: what its body does with the world. Handed to the body; only the body uses it.
/// **Thread:** the process's own; never from another process or thread: not in a function that runs in `blocking`, not in a
/// std::thread, not in a child that has captured it. Calls that act for the process find that out: they throw
/// `Error{{badarg,"Process& used outside its own process"}}` there, and the log tells where.
/// **Blocks:** calls that say so park the process, never its scheduler. Those that park and those that reach others are safe
/// points: a process whose slice is over goes to the back of its run queue, one that was killed unwinds from here
/// (destructors run).
/// **Errors:** wrong arguments throw `Error{badarg}`, as OTP's BIFs raise `badarg`.
/// **Source:** modules `erlang` and `timer` of Erlang/OTP 25; rules in the words of its reference manual.
class Process {
public:
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    Pid pid() const noexcept;
    Node& node() const noexcept;
    /// Who spawned it; the default Pid if that was outside of the Node.
    Pid parent() const noexcept;

    // -- processes ----

    /// Spawns a process. Returns before the child runs. **Errors:** `system_limit`, `badarg`.
    template <class Function>
    Pid spawn(Function&& function, SpawnOptions options = {}) {
        return spawn_request(detail::make_spawn_request(std::forward<Function>(function)), std::move(options)).first;
    }
    /// The same, linked from the start: a child that ends at once is heard of with its reason (P03).
    template <class Function>
    Pid spawn_link(Function&& function, SpawnOptions options = {}) {
        options.link = true;
        return spawn(std::forward<Function>(function), std::move(options));
    }
    /// The same, monitored from the start.
    template <class Function>
    std::pair<Pid, MonitorRef> spawn_monitor(Function&& function, SpawnOptions options = {}) {
        options.monitor = true;
        return spawn_request(detail::make_spawn_request(std::forward<Function>(function)), std::move(options));
    }
    /// Ends this process with `reason`: throws ProcessExit, so destructors run.
    [[noreturn]] void exit(ExitReason reason);
    /// Sends an exit signal (`exit/2`). To a dead process: nothing happens. To itself: handled before it returns, or by
    /// the next receive if it traps exits and the reason is not `kill` (X03, X04, X06).
    void exit(Pid target, ExitReason reason);
    /// Traps exits or not; returns the old value. What counts is the value when a signal is handled (X12).
    bool trap_exit(bool trap);
    bool trap_exit() const noexcept;
    /// Returns the old value.
    Priority priority(Priority priority);
    Priority priority() const noexcept;
    /// Suspends another process (counted per suspender) until as many resumes. **Errors:** badarg: self, dead.
    void suspend(Pid target);
    /// **Errors:** badarg: not suspended by this process.
    void resume(Pid target);
    bool is_alive(Pid process) const noexcept;

    // -- messages ----

    /// Sends a copy of `message`. To a dead process: nothing happens. **Blocks:** never.
    /// **Errors:** badarg if no process has the name.
    template <class T>
    void send(Target target, T message) {
        detail::check_message<T>();
        deliver(target, std::make_unique<detail::Envelope<T>>(detail::SignalKind::message, std::move(message)));
    }

    /// Takes the oldest message that one of the clauses matches, hands it to that clause's handler and returns what
    /// the handler returns; others stay in the mailbox in their order. Clauses: `on<T>`, `on_any`, and last `after`.
    /// **Blocks:** parks the process until a message matches or the time is over.
    template <class... Clauses>
    [[gnu::always_inline]] decltype(auto) receive(Clauses&&... clauses) {
        static_assert(sizeof...(Clauses) > 0, "receive: say what to receive: on<T>(handler), after(time, handler)");
        static_assert(detail::after_is_last<std::decay_t<Clauses>...>(), "receive: after(...) is the last clause");
        auto match = [&](detail::MessageSignal& signal) { return detail::first_match<0>(signal, clauses...); };
        using Match = decltype(match);
        auto timeout = infinity;
        ((timeout = std::min(timeout, detail::timeout_of(clauses))), ...);
        detail::Received received =
            wait({&match, [](void* matcher, detail::MessageSignal& signal) { return (*static_cast<Match*>(matcher))(signal); }},
                 timeout);
        const detail::InHand in_hand{*this, received.message.get()};
        return detail::run_clause<0>(received, clauses...);
    }
    /// Takes the oldest message of type T. **Blocks:** parks.
    template <class T>
    [[gnu::always_inline]] T receive() {
        return receive(on<T>([](T&& value) { return std::move(value); }));
    }
    /// The same with a timeout. **Blocks:** parks.
    template <class T>
    [[gnu::always_inline]] std::optional<T> receive_for(WaitTime timeout) {
        return receive(on<T>([](T&& value) { return std::optional<T>{std::move(value)}; }),
                       after(timeout, [] { return std::optional<T>{}; }));
    }
    /// Parks the process for at least this time; messages stay in the mailbox.
    void sleep(WaitTime time);
    std::size_t message_queue_length() const noexcept;

    // -- memory ----

    /// Memory of its own, which is freed as a whole when it ends, however it ends: for pmr containers of its body. Counted
    /// in its memory, limited by `heap_limit`. Nothing that lies in it may leave the process: no message, no global.
    /// **Errors:** std::bad_alloc; over a limit that kills: this process ends here.
    /// **Lifetime:** until the destructors of its body and its server have run.
    std::pmr::memory_resource& heap();
    /// Bytes of the heap that are in use.
    std::size_t heap_bytes() const noexcept;
    /// Set the limits from now on; return the old ones (`process_flag(max_heap_size, _)`). Over it already: at once.
    Limit heap_limit(Limit limit);
    Limit message_queue_limit(Limit limit);

    // -- links and monitors ----

    /// **Errors:** noproc if the process is dead (if this process traps exits: an Exit message instead).
    void link(Pid target);
    void unlink(Pid target);
    /// A Down message comes when the process ends, at once (noproc) if there is none.
    MonitorRef monitor(Target target);
    /// No Down message arrives after this. Returns true if the monitor was active, so that no Down was or will be
    /// delivered. `flush`: also takes a Down that is in the mailbox already out.
    bool demonitor(MonitorRef monitor, bool flush = false);

    // -- names, label, dictionary ----

    /// **Errors:** badarg: the name is taken, the process has a name or is dead, the name is `undefined` (N01).
    void register_name(Atom name, Pid process);
    void register_name(Atom name) { register_name(name, pid()); }
    void unregister_name(const Name& name);
    /// The default Pid if no process has the name.
    Pid whereis(const Name& name) const;
    /// The text that the observer shows for this process, at most 63 bytes.
    void set_label(std::string_view label);
    /// The process dictionary. `put` returns the old value, `undefined` if there was none.
    Term put(Term key, Term value);
    Term get(const Term& key) const;
    Term erase(const Term& key);

    // -- timers ----

    /// Sends `message` after `delay`. A target's death removes the timer; a name is looked up when it fires (T04).
    template <class T>
    TimerRef send_after(WaitTime delay, Target target, T message) {
        detail::check_message<T>();
        return start_timer_signal(delay, target,
                                  std::make_unique<detail::Envelope<T>>(detail::SignalKind::message, std::move(message)));
    }
    /// Sends Timeout{ref, message}.
    TimerRef start_timer(WaitTime delay, Target target, Term message);
    /// The time that was left, or nothing if it has fired, was cancelled or never was (T02, T03).
    std::optional<Duration> cancel_timer(TimerRef timer);
    std::optional<Duration> read_timer(TimerRef timer);

    // -- servers ----

    /// Starts a server and waits until its constructor has run; `start_link` links it to this process, its parent.
    /// **Blocks:** parks. **Errors:** the reason of the start, `{already_started,Pid}`, `ignore`.
    [[nodiscard]] Result<Pid> start(const ServerSpec& server);
    [[nodiscard]] Result<Pid> start_link(const ServerSpec& server);
    /// Sends `request` and waits for its reply. **Blocks:** parks. **Errors:** ends this process with `{R,call}`:
    /// R = noproc, timeout, calling_self, or the reason with which the server ended.
    template <class Request>
    ReplyOf<Request> call(Target server, Request request, WaitTime timeout = std::chrono::seconds{5}) {
        auto result = try_call(server, std::move(request), timeout);
        if (!result)
            exit(Term::tuple({result.error().term(), Term::atom("call")}));
        return std::move(*result);
    }
    /// The same, with the failure as a value: R alone. A reply after the timeout never reaches the mailbox.
    template <class Request>
    Result<ReplyOf<Request>> try_call(Target server, Request request, WaitTime timeout = std::chrono::seconds{5}) {
        using Reply = ReplyOf<Request>;
        detail::check_message<Request>();
        detail::check_message<Reply>();
        auto envelope = std::make_unique<detail::Envelope<Request>>(detail::SignalKind::message, std::move(request));
        auto reply = call_signal(server, std::move(envelope), timeout);
        if (!reply)
            return Result<Reply>{boost::system::in_place_error, reply.error()};
        return Result<Reply>{boost::system::in_place_value, std::move(*static_cast<Reply*>((*reply)->value))};
    }
    /// Stops a server with `reason`, after its terminate (`gen_server:stop`). **Blocks:** parks until it has ended.
    /// **Errors:** noproc, timeout (it still ends), calling_self, or the reason with which it ended instead of `reason`.
    Result<std::monostate> stop(Target server, ExitReason reason = ExitReason::normal(), WaitTime timeout = infinity);
    /// Sends a cast: no reply, no error if there is no such server.
    template <class T>
    void cast(Target server, T message) {
        detail::check_message<T>();
        auto envelope = std::make_unique<detail::Envelope<T>>(detail::SignalKind::message, std::move(message));
        envelope->role = detail::MessageRole::cast;
        cast_signal(server, std::move(envelope));
    }

    // -- time on the scheduler ----

    /// Goes to the back of the run queue. **Blocks:** until its next turn.
    void yield();
    /// A safe point for loops without runtime calls: yields if the slice is over. Costs about a nanosecond.
    void poll();
    /// Runs `function` on a thread of the blocking pool and waits for it; what it throws is thrown here.
    /// **Blocks:** parks; the scheduler goes on. For system calls that block and for long foreign code.
    /// **Errors:** std::system_error if the pool has no thread and the system gives it none; then it has not run.
    template <class Function>
    auto blocking(Function&& function) {
        using Value = std::invoke_result_t<Function&>;
        struct Call final : detail::BlockingCall {
            Function& function;
            std::exception_ptr error;
            std::conditional_t<std::is_void_v<Value>, std::monostate, std::optional<Value>> value;
            explicit Call(Function& body) : function{body} {}
            void run() noexcept override {
                try {
                    if constexpr (std::is_void_v<Value>)
                        function();
                    else
                        value.emplace(function());
                } catch (...) {
                    error = std::current_exception();
                }
            }
        } call{function};
        run_blocking(call);
        if (call.error)
            std::rethrow_exception(call.error);
        if constexpr (!std::is_void_v<Value>)
            return std::move(*call.value);
    }

protected:
    friend class detail::ControlBlock;
    friend struct detail::ProcessAccess;
    explicit Process(detail::ControlBlock& block) noexcept : block_{&block} {}
    ~Process() = default;

    std::pair<Pid, MonitorRef> spawn_request(detail::SpawnRequest request, SpawnOptions options);
    void deliver(const Target& target, std::unique_ptr<detail::MessageSignal> message);
    void cast_signal(const Target& target, std::unique_ptr<detail::MessageSignal> message);
    [[gnu::noinline]] detail::Received wait(detail::Matcher matcher, Duration timeout);
    Result<std::unique_ptr<detail::MessageSignal>> call_signal(const Target& server,
                                                               std::unique_ptr<detail::MessageSignal> request, Duration timeout);
    TimerRef start_timer_signal(Duration delay, const Target& target, std::unique_ptr<detail::MessageSignal> message);
    [[gnu::noinline]] void run_blocking(detail::BlockingCall& call);

    detail::ControlBlock* block_;
};

/// How a process that ends unwinds: thrown at a safe point, caught by the runtime. Not a std::exception, so that
/// `catch (const std::exception&)` lets it through; a `catch (...)` that swallows it meets it again at the next call.
struct ProcessExit {
    ExitReason reason;
};

/// The process that runs on this thread now, or nullptr.
Process* current_process() noexcept;

} // namespace fiberscope
