// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/application.hpp>
#include <fiberscope/build_check.hpp>
#include <fiberscope/events.hpp>
#include <fiberscope/inspect.hpp>
#include <fiberscope/node_config.hpp>
#include <fiberscope/process.hpp>
#include <fiberscope/server.hpp>
#include <fiberscope/snapshot.hpp>
#include <fiberscope/supervisor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

/// A process without a fiber: a pid and a mailbox for a thread outside of the Node. Its receive blocks the thread.
/// Its end (the object's destruction) is an exit with reason normal, unless an exit signal ended it before: from then on its
/// calls that wait or reach others throw ProcessExit. The end of the Node is such a signal (`killed`), so a thread that waits
/// hears of it. **Thread:** one at a time; a process of the same Node does not wait as one, since its scheduler would wait with
/// it: that throws `Error{{badarg,"Process& used outside its own process"}}`. **Lifetime:** it may outlive its Node, but for what
/// `node()` refers to.
class ExternalProcess {
public:
    ExternalProcess(ExternalProcess&&) noexcept;
    ExternalProcess& operator=(ExternalProcess&&) noexcept;
    ~ExternalProcess();

    Process& operator*() const noexcept { return *process_; }
    Process* operator->() const noexcept { return process_; }

private:
    friend class Node;
    explicit ExternalProcess(std::shared_ptr<detail::ControlBlock> block, Process& process);

    std::shared_ptr<detail::ControlBlock> block_;
    Process* process_;
};

namespace detail {
class NodeCore;

/// Why a call was not answered whose own process was ended by `exit`: `node_stopped`, if its Node is.
ExitReason why_ended(const Process& caller, const ProcessExit& exit);

/// Hands the answer of `operation(caller)` to `completion`, or why there is none: `reason` where there is no caller, its end
/// where it was killed meanwhile.
template <class Answer, class Operation, class Completion>
void complete(Process* caller, const ExitReason& reason, Operation& operation, Completion& completion) {
    const auto answer = [&]() -> Answer {
        if (caller == nullptr)
            return {boost::system::in_place_error, reason};
        try {
            return operation(*caller);
        } catch (const ProcessExit& exit) {
            return {boost::system::in_place_error, why_ended(*caller, exit)};
        }
    };
    completion(answer());
}

} // namespace detail

/// A runtime: scheduler threads and the processes on them. An object like any other; several may live in one program.
/// **Thread:** any; a call that blocks, only outside of the Node's own processes. One thread's signals to one process
/// arrive in the order sent. Calls that may wait say so and have an `_async` form, whose completion runs once on a
/// runtime thread (hand over and return).
/// **Errors:** after `stop` calls answer `node_stopped` or do nothing; snapshots and events stay readable. A call that
/// blocks the thread would block its scheduler if one of the Node's own processes made it: there it answers `{badarg,Text}`
/// or throws that as an Error, and the log says so; `stop` only begins the end there.
class Node {
public:
    /// Starts the scheduler threads. **Errors:** std::invalid_argument for a senseless config; std::system_error if
    /// the threads or the stacks' address space cannot be had, std::bad_alloc; then nothing is left behind.
    /// `build`: found out where it is called; where a flag is missing that processes need, the log warns of that.
    explicit Node(NodeConfig config = {}, detail::BuildFlags build = detail::build_here());
    /// Stops it with a deadline of 10 s if `stop` has not been called. **Blocks:** the thread, but not one that the Node's
    /// end would have to wait for: destroyed in one of its own processes it is stopped meanwhile; if that calls std::exit, or
    /// a child that fork() made ends, its processes are left as they are.
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    /// Another handle of the same runtime, for who looks on and may outlive this one: its end stops nothing, and once the
    /// Node is stopped or gone it answers as a stopped Node does.
    Node share() const;

    const NodeConfig& config() const noexcept;
    /// The 10 bits that its pids carry.
    std::uint32_t id() const noexcept;

    // -- processes ----

    /// Spawns a process on the scheduler with the shortest queue. **Errors:** throws Error{system_limit}, Error{badarg}
    /// (name taken; link and monitor need a process: attach()), Error{node_stopped}.
    template <class Function>
    Pid spawn(Function&& function, SpawnOptions options = {}) {
        return spawn_request(detail::make_spawn_request(std::forward<Function>(function)), std::move(options));
    }
    /// False if there is nobody to send to.
    template <class T>
    bool send(Target target, T message) {
        detail::check_message<T>();
        return deliver(target, std::make_unique<detail::Envelope<T>>(detail::SignalKind::message, std::move(message)));
    }
    template <class T>
    bool cast(Target server, T message) {
        detail::check_message<T>();
        auto envelope = std::make_unique<detail::Envelope<T>>(detail::SignalKind::message, std::move(message));
        envelope->role = detail::MessageRole::cast;
        return deliver(server, std::move(envelope));
    }
    /// Calls a server. **Blocks:** the thread, up to `timeout`. **Errors:** as Process::try_call, and node_stopped.
    template <class Request>
    Result<ReplyOf<Request>> call(Target server, Request request, WaitTime timeout = std::chrono::seconds{5}) {
        using Answer = Result<ReplyOf<Request>>;
        auto me = try_attach("Node::call", "self.call");
        if (!me)
            return Answer{boost::system::in_place_error, me.error()};
        try {
            return (**me)->template try_call<Request>(server, std::move(request), timeout);
        } catch (const ProcessExit& exit) { // the Node stops meanwhile
            return Answer{boost::system::in_place_error, detail::why_ended(***me, exit)};
        }
    }
    /// The same without waiting: `completion(Result<Reply>)`. **Errors:** as `call`, and system_limit.
    template <class Request, class Completion>
    void call_async(Target server, Request request, WaitTime timeout, Completion completion) {
        auto shared = std::make_shared<std::pair<Request, Completion>>(std::move(request), std::move(completion));
        run_async([server, timeout, shared](Process* self, const ExitReason& reason) {
            const auto call = [&](Process& caller) {
                return caller.template try_call<Request>(server, std::move(shared->first), timeout);
            };
            detail::complete<Result<ReplyOf<Request>>>(self, reason, call, shared->second);
        });
    }
    /// Sends an exit signal (`exit/2`), `kill` to kill. False if the process is dead.
    bool exit(Pid process, ExitReason reason);
    /// Suspends a process on behalf of "outside": any thread may resume it. False if it is dead.
    bool suspend(Pid process);
    bool resume(Pid process);
    bool is_alive(Pid process) const noexcept;
    Pid whereis(const Name& name) const;
    /// What people call a process: its registered name, else its label; empty if it has neither, or is dead.
    std::string process_name(Pid process) const;
    /// Registered names, sorted, with their processes.
    std::vector<std::pair<Atom, Pid>> registered() const;
    std::uint32_t process_count() const noexcept;
    /// Makes the calling thread a process, for what needs a pid of its own: link, monitor, receive, trap_exit.
    /// **Errors:** throws Error{system_limit}, Error{node_stopped}.
    ExternalProcess attach();

    // -- servers and applications ----

    /// Starts a server that is linked to nobody. **Blocks:** the thread, until its constructor has run.
    /// **Errors:** the reason of the start, `{already_started,Pid}`, `ignore`, node_stopped.
    [[nodiscard]] Result<Pid> start(const ServerSpec& server);
    [[nodiscard]] Result<Pid> start(const Supervisor& supervisor) { return start(supervisor.start()); }
    /// Starts an application. If somebody starts it already, the answer is that of the first start; if somebody stops it, or
    /// one that it needs, it waits for that. **Blocks:** the thread, until its tree stands.
    /// **Errors:** `{not_started,Dependency}`, `{not_running,Dependency}` (it ended by itself), `{already_started,Name}`,
    /// `{Reason,start}`, node_stopped.
    [[nodiscard]] Result<std::monostate> start(Application application);
    /// Makes an application known, so that it can be started by name. **Errors:** `{already_loaded,Name}`.
    [[nodiscard]] Result<std::monostate> load(Application application);
    /// Starts a known application. **Blocks:** the thread, until its tree stands.
    /// **Errors:** as `start`, and `{not_loaded,Name}`.
    [[nodiscard]] Result<std::monostate> start_application(Atom name, RestartType type = RestartType::temporary);
    /// Starts a known application after those that it depends on; returns those that came to run meanwhile, in that order. If one
    /// fails, those that this call itself has started are stopped again. **Blocks:** the thread. **Errors:** `{Name,Reason}`.
    [[nodiscard]] Result<std::vector<Atom>> ensure_all_started(Atom name, RestartType type = RestartType::temporary);
    /// **Blocks:** the thread, until its tree is down. **Errors:** `{not_started,Name}`, also while it is being started.
    [[nodiscard]] Result<std::monostate> stop_application(Atom name);
    void start_application_async(Atom name, RestartType type, std::function<void(Result<std::monostate>)> completion);
    void ensure_all_started_async(Atom name, RestartType type, std::function<void(Result<std::vector<Atom>>)> completion);
    void start_async(Application application, std::function<void(Result<std::monostate>)> completion);
    void stop_application_async(Atom name, std::function<void(Result<std::monostate>)> completion);
    /// Those that run, in start order.
    std::vector<ApplicationInfo> applications() const;

    // -- observing ----

    /// Takes a snapshot; with `reuse` into its buffers. Names are looked up on disk when they are asked for first.
    /// **Blocks:** never waits for a process; reads every row. A process parks meanwhile, as in `blocking`, and has its
    /// **Errors**.
    Snapshot snapshot() const;
    void snapshot(Snapshot& reuse) const;
    /// Node and scheduler figures alone, but sums over processes (`processes_bytes`, `allocated_by_processes_bytes`), which are
    /// 0: cheap whatever the number of processes.
    /// **Blocks:** never.
    void counters(Snapshot& reuse) const;
    /// Events after `seq` (0: from the oldest that the ring holds). **Blocks**, **Errors:** as `snapshot`.
    EventBatch events_after(std::uint64_t seq) const;
    /// The seq of the newest event; what happens from now on comes after it.
    std::uint64_t last_event_seq() const;
    /// Asks processes about themselves; each answers between two slices, in its own time. A process that does not come
    /// to an end of its slice does not answer until it does. Dead ones are answered at once.
    void inspect(std::vector<Pid> processes, Inspect what, PageRange range, InspectionHandler handler);
    /// Writes a line to the log.
    void log(LogLevel level, std::string text, Pid about = {});
    /// Hands each log event of at least this level (nullopt: none) from now on to `handler`, on a thread of the Node's
    /// own; events that came faster than it could take them are told as a report of their number. What it logs itself comes to
    /// it, too: at its own level that has no end. `stop` returns after the handlers have had the last events, or two seconds.
    /// **Errors:** `{already_exist,Id}`, `node_stopped`; std::system_error if there is no thread to be had.
    /// **Source:** OTP `logger:add_handler`, `remove_handler`, `set_handler_config(Id, level, Level)`.
    Result<std::monostate> add_log_handler(Atom id, std::optional<LogLevel> level, LogHandler handler);
    /// It is not called any more. **Blocks:** while it runs, unless it removes itself. **Errors:** `{not_found,Id}`.
    Result<std::monostate> remove_log_handler(Atom id);
    /// **Errors:** `{not_found,Id}`.
    Result<std::monostate> set_log_handler_level(Atom id, std::optional<LogLevel> level);
    /// Waits until nothing is runnable and no signal is in flight; timed waits count as quiet. **Blocks:** the thread.
    /// False after `timeout`. For tests and the conformance runner.
    bool wait_until_quiet(WaitTime timeout);

    // -- schedulers, end ----

    /// How processes are preempted that do not say it themselves, from their next slice on. Returns what is in force:
    /// `cooperative` where signals are refused.
    Preemption set_preemption(Preemption preemption) noexcept;
    Preemption preemption() const noexcept;

    /// Sets how many schedulers take work, 1 to schedulers(). Those beyond give theirs away and keep only what may not move, and
    /// what waits with a stack until it is woken (`draining`).
    /// False if `count` is out of range.
    bool set_schedulers_online(std::uint32_t count);
    std::uint32_t schedulers() const noexcept;
    std::uint32_t schedulers_online() const noexcept;
    /// Ends the Node: applications in reverse start order, then the rest is killed, attached threads too (they are not waited
    /// for); what has not ended at the deadline is abandoned and returned. Applications that take long are cut short: the
    /// last quarter of the time, at most 1 s, is for the kill; however short the time is, what reaches a safe point within half
    /// a second is ended. Whoever is suspended goes on, so that it can do its part. Later calls return at once.
    /// **Blocks:** the thread, up to the deadline; where something does not end up to a second more.
    /// In one of its own processes, or in `blocking` there, it only begins the end and returns at once those that live now, the
    /// caller among them; they end meanwhile (as after `init:stop/0`). In a child that fork() made it does nothing.
    std::vector<Pid> stop(WaitTime deadline = std::chrono::seconds{10});
    /// The same, in a thread of its own. **Errors:** std::system_error if there is none to be had.
    void stop_async(WaitTime deadline, std::function<void(std::vector<Pid>)> completion);
    bool is_stopped() const noexcept;

private:
    Pid spawn_request(detail::SpawnRequest request, SpawnOptions options);
    bool deliver(const Target& target, std::unique_ptr<detail::MessageSignal> message);
    explicit Node(std::shared_ptr<detail::NodeCore> core) noexcept;
    /// For the call `call`, which blocks the thread; `instead`: what a process of the Node does in its place.
    Result<std::unique_ptr<ExternalProcess>> try_attach(const char* call, const char* instead);
    template <class Operation>
    auto with_applications(const char* call, const char* instead, Operation operation);
    template <class Operation, class Completion>
    void with_applications_async(Operation operation, Completion completion);
    /// Runs `operation` in a process of its own; with nullptr and the reason if there can be none.
    void run_async(std::function<void(Process* self, const ExitReason& reason)> operation);

    std::shared_ptr<detail::NodeCore> core_;
    bool stops_it_ = true; ///< its end is the runtime's: false for a shared handle
};

} // namespace fiberscope
