// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/task.hpp>

#include "base/code_depth.hpp"
#include "process/call_cycle.hpp"
#include "process/pending_reply.hpp"
#include "process/process_system.hpp"

#include <utility>

namespace fiberscope::detail {

void link_to_owner(Process& task, Pid owner) {
    try {
        task.link(owner);
    } catch (const Error&) {
        task.exit(ExitReason::noproc());
    }
}

Pid start_task_child(Process& owner, const Target& supervisor, StartFunction start) {
    auto spec = std::make_shared<const ChildSpec>(ChildSpec{Term::atom("task"), std::move(start), {}, nullptr, nullptr, {}});
    const auto started = owner.call(supervisor, StartChild{std::move(spec)}, infinity);
    if (!started)
        owner.exit(Term::tuple({started.error().term(), Term::atom("call")}));
    return *started;
}

TaskHandle::TaskHandle(Process& owner) : owner_{&owner} {
    const RuntimeCall in_runtime;
    Life& life = ProcessAccess::life(owner);
    reply_ = std::make_unique<PendingReply>(life, ProcessSystem::make_ref());
    life.relations.monitor(reply_->ref(), {}, {}); // the other side is made with the task
}

TaskHandle::TaskHandle(TaskHandle&& other) noexcept = default;

TaskHandle& TaskHandle::operator=(TaskHandle&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(task_, other.task_);
    std::swap(reply_, other.reply_);
    return *this;
}

TaskHandle::~TaskHandle() {
    close();
}

Ref TaskHandle::ref() const noexcept {
    return reply_->ref();
}

void TaskHandle::started(Pid task) noexcept {
    const RuntimeCall in_runtime;
    task_ = task;
    ProcessAccess::life(*owner_).relations.monitor_is_of(reply_->ref(), task);
}

std::optional<Result<std::unique_ptr<MessageSignal>>> TaskHandle::wait(Duration timeout) {
    const RuntimeCall in_runtime;
    if (reply_ == nullptr)
        throw Error{Term::atom("badarg")};
    ProcessAccess::block(*owner_).safe_point();
    auto answer = await_reply(ProcessAccess::life(*owner_), *reply_, task_, timeout);
    if (answer)
        close();
    return answer;
}

std::optional<Result<std::unique_ptr<MessageSignal>>> TaskHandle::shut_down(Shutdown how) {
    if (reply_ == nullptr || how.is_negative())
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
    reply_.reset();
}

} // namespace fiberscope::detail
