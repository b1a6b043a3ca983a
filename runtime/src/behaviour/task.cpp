// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/task.hpp>

#include "base/code_depth.hpp"
#include "process/await.hpp"
#include "process/process_system.hpp"

#include <algorithm>
#include <utility>

namespace fiberscope::detail {

Ref await_task_begin(Process& task, Pid owner) {
    const MonitorRef monitor = task.monitor(owner);
    const Ref reply_to = task.receive(on<TaskBegin>([](TaskBegin begin) { return begin.reply_to; }),
                                      on<Down>([monitor](const Down& down) { return down.ref == monitor; },
                                               [&task](const Down& down) -> Ref { task.exit(down.reason); }));
    task.demonitor(monitor, true);
    return reply_to;
}

Pid start_supervised_task(Process& owner, const Target& supervisor, StartFunction start) {
    auto spec = std::make_shared<const ChildSpec>(ChildSpec{Term::atom("task"), std::move(start), {}, nullptr, nullptr, {}});
    const auto started = owner.call(supervisor, StartChild{std::move(spec)}, infinity);
    if (!started)
        owner.exit(Term::tuple({started.error().term(), Term::atom("call")}));
    return *started;
}

TaskHandle::TaskHandle(Process& owner, Pid task, MonitorRef monitor) : owner_{&owner}, task_{task}, monitor_{monitor} {
    const RuntimeCall in_runtime;
    ProcessAccess::block(owner).open_calls.push_back(monitor);
    owner.send(task, TaskBegin{monitor});
}

TaskHandle::TaskHandle(TaskHandle&& other) noexcept
    : owner_{std::exchange(other.owner_, nullptr)}, task_{other.task_}, monitor_{other.monitor_} {}

TaskHandle& TaskHandle::operator=(TaskHandle&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(task_, other.task_);
    std::swap(monitor_, other.monitor_);
    return *this;
}

std::optional<Result<std::unique_ptr<MessageSignal>>> TaskHandle::wait(Duration timeout) {
    const RuntimeCall in_runtime;
    if (owner_ == nullptr)
        throw Error{Term::atom("badarg")};
    ControlBlock& block = ProcessAccess::block(*owner_);
    block.safe_point();
    auto received = await_message(block, block.mailbox.begin(), timeout,
                                  [this](MessageSignal& message) { return message.tag == monitor_ ? 0 : -1; });
    if (received.message == nullptr)
        return std::nullopt;
    close();
    if (received.message->type == &message_type<Down>)
        return Result<std::unique_ptr<MessageSignal>>{static_cast<Down*>(received.message->value)->reason};
    return Result<std::unique_ptr<MessageSignal>>{std::move(received.message)};
}

std::optional<Result<std::unique_ptr<MessageSignal>>> TaskHandle::shut_down(Shutdown how) {
    if (owner_ == nullptr)
        throw Error{Term::atom("badarg")};
    owner_->unlink(task_);
    owner_->exit(task_, how.is_brutal() ? ExitReason::kill() : ExitReason::shutdown());
    if (auto ended = wait(how.is_brutal() ? infinity : how.time()))
        return ended;
    owner_->exit(task_, ExitReason::kill());
    if (auto ended = wait(infinity))
        return ended;
    return Result<std::unique_ptr<MessageSignal>>{ExitReason{Term::atom("timeout")}}; // the owner unwinds: it does not wait
}

void TaskHandle::close() noexcept {
    const RuntimeCall in_runtime;
    if (owner_ == nullptr)
        return;
    ControlBlock& block = ProcessAccess::block(*std::exchange(owner_, nullptr));
    std::erase(block.open_calls, monitor_);
    for (auto at = block.mailbox.begin(); MessageSignal* message = block.mailbox.next(at); at = {message})
        if (message->tag == monitor_) { // an end or a reply that nobody fetched
            auto unwanted = block.mailbox.take(at);
            block.messages_changed();
            block.drop(std::move(unwanted));
            break;
        }
    if (!block.monitors.erase(monitor_))
        return;
    block.monitors_changed();
    block.give_up_monitor(task_, monitor_);
}

} // namespace fiberscope::detail
