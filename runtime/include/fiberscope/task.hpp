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

namespace FIBERSCOPE_API fiberscope {

namespace detail {

class PendingReply;

/// The owner's side of a task: at most one reply or one end comes of it, kept apart from the owner's messages until then.
class TaskHandle {
public:
    /// Opens the reference under which the task replies and its end is told: before the task is there.
    explicit TaskHandle(Process& owner);
    TaskHandle(TaskHandle&& other) noexcept;
    TaskHandle& operator=(TaskHandle&& other) noexcept;
    /// Gives the task up: what it still sends is dropped.
    ~TaskHandle();

    Ref ref() const noexcept;
    /// The task's process stands; it was monitored under `ref` from its birth.
    void started(Pid task) noexcept;
    Pid pid() const noexcept { return task_; }
    /// The reply, the reason of an end without one, or nothing after `timeout`. **Blocks:** parks.
    /// **Errors:** badarg after the task was answered or given up.
    std::optional<Result<std::unique_ptr<MessageSignal>>> wait(Duration timeout);
    /// Ends the task and waits until it has ended: shutdown, and kill after its time.
    std::optional<Result<std::unique_ptr<MessageSignal>>> shut_down(Shutdown how);
    void close() noexcept;

private:
    Process* owner_;
    Pid task_;
    std::unique_ptr<PendingReply> reply_; ///< nullptr: moved from, or closed
};

/// Links a task to its owner; if that has ended already, so does the task.
void link_to_owner(Process& task, Pid owner);

/// The body of a task: runs `function` and sends what it returns to the owner.
template <class Function>
struct TaskBody {
    using Shown = Function; ///< whose name the observer shows
    Pid watcher;            ///< the owner, who monitors it from its birth, ...
    Ref watched_as;         ///< ... under the reference of the reply
    bool is_linked;         ///< it links itself to the owner
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
        if (is_linked)
            link_to_owner(self, watcher);
        std::unique_ptr<MessageSignal> reply;
        if constexpr (std::is_void_v<Returned>) {
            call(function, self);
            reply = std::make_unique<Envelope<Value>>(SignalKind::message);
        } else
            reply = std::make_unique<Envelope<Value>>(SignalKind::message, call(function, self));
        send_reply(self, watcher, watched_as, std::move(reply));
    }
};

template <class Function>
TaskHandle start_task(Process& owner, Function&& function, SpawnOptions options) {
    TaskHandle task{owner};
    task.started(owner.spawn(TaskBody<std::decay_t<Function>>{owner.pid(), task.ref(), false, std::forward<Function>(function)},
                             std::move(options)));
    return task;
}

/// Starts a task's process under a supervisor. **Errors:** ends the caller with `{Reason,call}`.
Pid start_task_child(Process& owner, const Target& supervisor, StartFunction start);

template <class Function>
TaskHandle start_supervised_task(Process& owner, const Target& supervisor, Function function, SpawnOptions options,
                                 bool is_linked) {
    TaskHandle task{owner};
    auto body = std::make_shared<TaskBody<Function>>(TaskBody<Function>{owner.pid(), task.ref(), is_linked, std::move(function)});
    auto start = [body = std::move(body), options = std::move(options)](Process& parent) { // once: it is temporary
        return Result<Pid>{boost::system::in_place_value, parent.spawn_link(std::move(*body), options)};
    };
    task.started(start_task_child(owner, supervisor, {std::move(start), "task"}));
    return task;
}

} // namespace detail

/// A computation in a process of its own, whose value its owner fetches later, once.
/// **Thread:** the owner's process; a Task may be moved, but not to another process.
/// **Lifetime:** a Task that is destroyed is given up: its value is dropped, its process goes on (linked as it is).
/// **Source:** Elixir's `Task`. Wanted difference: its value is no message: no `receive` meets it, and a late
/// one is dropped.
template <class T>
class Task {
public:
    explicit Task(detail::TaskHandle handle) noexcept : handle_{std::move(handle)} {}

    Pid pid() const noexcept { return handle_.pid(); }

    /// The value. **Blocks:** parks. **Errors:** ends this process with `{R,await}`: R = timeout, or why the task ended.
    T await(WaitTime timeout = std::chrono::seconds{5}) {
        auto value = try_await(timeout);
        if (!value)
            throw ProcessExit{Term::tuple({value.error().term(), Term::atom("await")})};
        return std::move(*value);
    }
    /// The same with the failure as a value; after a timeout the task is given up.
    Result<T> try_await(WaitTime timeout = std::chrono::seconds{5}) {
        auto value = yield(timeout);
        handle_.close();
        if (!value)
            return Result<T>{boost::system::in_place_error, Term::atom("timeout")};
        return std::move(*value);
    }
    /// The value or why the task ended without one; nothing if it is still at work after `timeout`: ask again later.
    std::optional<Result<T>> yield(WaitTime timeout = std::chrono::seconds{5}) { return value_of(handle_.wait(timeout)); }
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
    return TaskOf<Function>{detail::start_task(self, std::forward<Function>(function), std::move(options))};
}
/// The same without a link: its crash is only the error of `try_await`.
template <class Function>
TaskOf<Function> async_nolink(Process& self, Function&& function, SpawnOptions options = {}) {
    return TaskOf<Function>{detail::start_task(self, std::forward<Function>(function), std::move(options))};
}

/// A supervisor for tasks: they are its temporary children, so its end is theirs.
inline Supervisor supervisor(RestartLimits limits = {}) {
    return Supervisor::simple_one_for_one(limits).child("task", [](Process&) {}, {.restart = RestartType::temporary});
}

/// Starts a task as a child of a task supervisor, not linked to this process. **Blocks:** parks until it is started.
/// **Errors:** ends this process with `{R,call}` if the supervisor cannot be called or cannot start it.
template <class Function>
TaskOf<Function> async_nolink(Process& self, const Target& supervisor, Function function, SpawnOptions options = {}) {
    return TaskOf<Function>{detail::start_supervised_task(self, supervisor, std::move(function), std::move(options), false)};
}
/// The same, linked to this process as well.
template <class Function>
TaskOf<Function> async(Process& self, const Target& supervisor, Function function, SpawnOptions options = {}) {
    return TaskOf<Function>{detail::start_supervised_task(self, supervisor, std::move(function), std::move(options), true)};
}

} // namespace task

} // namespace fiberscope
