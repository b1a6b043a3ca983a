// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/process.hpp>
#include <fiberscope/supervisor.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace fiberscope {

namespace detail {

/// What a task waits for before it begins: whose it is.
struct TaskBegin {
    Ref reply_to;
};
/// Waits for TaskBegin; if `owner` ends before, this process ends with its reason. **Blocks:** parks.
Ref await_task_begin(Process& task, Pid owner);

/// The owner's side of a task: at most one reply or one end comes of it.
class TaskHandle {
public:
    /// `monitor` is the owner's of the task; it names the reply, too. The task begins.
    TaskHandle(Process& owner, Pid task, MonitorRef monitor);
    TaskHandle(TaskHandle&& other) noexcept;
    TaskHandle& operator=(TaskHandle&& other) noexcept;
    /// Gives the task up: what it still sends is dropped.
    ~TaskHandle() { close(); }

    Pid pid() const noexcept { return task_; }
    /// The reply, the reason of an end without one, or nothing after `timeout`. **Blocks:** parks.
    /// **Errors:** badarg after the task was answered or given up.
    std::optional<Result<std::unique_ptr<MessageSignal>>> wait(Duration timeout);
    /// Ends the task and waits until it has ended: shutdown, and kill after its time.
    std::optional<Result<std::unique_ptr<MessageSignal>>> shut_down(Shutdown how);
    void close() noexcept;

private:
    Process* owner_; ///< nullptr: moved from, or closed
    Pid task_;
    MonitorRef monitor_;
};

/// The body of a task: runs `function` and sends what it returns to the owner.
template <class Function>
struct TaskBody {
    using Shown = Function; ///< whose name the observer shows
    Pid owner;
    Function function;

    static auto call(Function& function, Process& self) {
        if constexpr (std::is_invocable_v<Function&, Process&>)
            return function(self);
        else
            return function();
    }
    using Returned = decltype(call(std::declval<Function&>(), std::declval<Process&>()));
    using Value = std::conditional_t<std::is_void_v<Returned>, std::monostate, Returned>;

    void operator()(Process& self) {
        check_message<Value>(); // what a task returns is sent to its owner
        const Ref reply_to = await_task_begin(self, owner);
        std::unique_ptr<MessageSignal> reply;
        if constexpr (std::is_void_v<Returned>) {
            call(function, self);
            reply = std::make_unique<Envelope<Value>>(SignalKind::message);
        } else
            reply = std::make_unique<Envelope<Value>>(SignalKind::message, call(function, self));
        send_reply(self, owner, reply_to, std::move(reply));
    }
};

/// Starts a task's process under a supervisor. **Errors:** ends the caller with `{Reason,call}`.
Pid start_supervised_task(Process& owner, const Target& supervisor, StartFunction start);

} // namespace detail

/// A computation in a process of its own, whose value its owner fetches later, once.
/// **Thread:** the owner's process; a Task may be moved, but not to another process.
/// **Lifetime:** a Task that is destroyed is given up: its value is dropped, its process goes on (linked as it is).
/// **Source:** Elixir's `Task`. Wanted difference: a late value never reaches the mailbox.
template <class T>
class Task {
public:
    explicit Task(detail::TaskHandle handle) noexcept : handle_{std::move(handle)} {}

    Pid pid() const noexcept { return handle_.pid(); }

    /// The value. **Blocks:** parks. **Errors:** ends this process with `{R,await}`: R = timeout, or why the task ended.
    T await(Duration timeout = std::chrono::seconds{5}) {
        auto value = try_await(timeout);
        if (!value)
            throw ProcessExit{Term::tuple({value.error().term(), Term::atom("await")})};
        return std::move(*value);
    }
    /// The same with the failure as a value; after a timeout the task is given up.
    Result<T> try_await(Duration timeout = std::chrono::seconds{5}) {
        auto value = yield(timeout);
        handle_.close();
        if (!value)
            return Result<T>{boost::system::in_place_error, Term::atom("timeout")};
        return std::move(*value);
    }
    /// The value or why the task ended without one; nothing if it is still at work after `timeout`: ask again later.
    std::optional<Result<T>> yield(Duration timeout = std::chrono::seconds{5}) { return value_of(handle_.wait(timeout)); }
    /// Ends the task: shutdown, and kill after the time that `how` gives. The value if it was done before; else why it
    /// ended. Does not end the owner, linked or not. **Blocks:** parks until it has ended.
    Result<T> shutdown(Shutdown how = Shutdown{std::chrono::seconds{5}}) { return *value_of(handle_.shut_down(how)); }

private:
    static std::optional<Result<T>> value_of(std::optional<Result<std::unique_ptr<detail::MessageSignal>>> reply) {
        if (!reply)
            return std::nullopt;
        if (!*reply)
            return Result<T>{boost::system::in_place_error, reply->error()};
        return Result<T>{boost::system::in_place_value, std::move(*static_cast<T*>((**reply)->value))};
    }

    detail::TaskHandle handle_;
};

namespace task {

template <class Function>
using TaskOf = Task<typename detail::TaskBody<std::decay_t<Function>>::Value>;

/// Starts `function` (of no argument, or of the task's Process&) in a process linked to this one: if either crashes, so
/// does the other. A function without a value gives a Task<std::monostate>. **Errors:** as Process::spawn.
template <class Function>
TaskOf<Function> async(Process& self, Function&& function, SpawnOptions options = {}) {
    options.link = true;
    const auto [pid, monitor] = self.spawn_monitor(
        detail::TaskBody<std::decay_t<Function>>{self.pid(), std::forward<Function>(function)}, std::move(options));
    return TaskOf<Function>{{self, pid, monitor}};
}
/// The same without a link: its crash is only the error of `try_await`.
template <class Function>
TaskOf<Function> async_nolink(Process& self, Function&& function, SpawnOptions options = {}) {
    const auto [pid, monitor] = self.spawn_monitor(
        detail::TaskBody<std::decay_t<Function>>{self.pid(), std::forward<Function>(function)}, std::move(options));
    return TaskOf<Function>{{self, pid, monitor}};
}

/// A supervisor for tasks: they are its temporary children, so its end is theirs.
inline Supervisor supervisor(RestartLimits limits = {}) {
    return Supervisor::simple_one_for_one(limits).child("task", [](Process&) {}, {.restart = RestartType::temporary});
}

/// Starts a task as a child of a task supervisor, not linked to this process. **Blocks:** parks until it is started.
/// **Errors:** ends this process with `{R,call}` if the supervisor cannot be called or cannot start it.
template <class Function>
TaskOf<Function> async_nolink(Process& self, const Target& supervisor, Function function, SpawnOptions options = {}) {
    auto body = std::make_shared<detail::TaskBody<Function>>(detail::TaskBody<Function>{self.pid(), std::move(function)});
    auto start = [body = std::move(body), options = std::move(options)](Process& parent) { // once: it is temporary
        return Result<Pid>{boost::system::in_place_value, parent.spawn_link(std::move(*body), options)};
    };
    const Pid pid = detail::start_supervised_task(self, supervisor, {std::move(start), "task"});
    return TaskOf<Function>{{self, pid, self.monitor(pid)}};
}
/// The same, linked to this process as well.
template <class Function>
TaskOf<Function> async(Process& self, const Target& supervisor, Function function, SpawnOptions options = {}) {
    auto started = async_nolink(self, supervisor, std::move(function), std::move(options));
    self.link(started.pid());
    return started;
}

} // namespace task

} // namespace fiberscope
