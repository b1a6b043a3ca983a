// SPDX-License-Identifier: BSL-1.0
#include "process/pending_reply.hpp"

#include "process/await.hpp"
#include "process/process_system.hpp"

#include <new>
#include <utility>

namespace fiberscope::detail {

void PendingReply::monitor(const Target& target) {
    ProcessSystem& system = owner_.system();
    const Pid to = system.resolve(target);
    auto signal = std::make_unique<MonitorSignal>(SignalKind::monitor, MonitorRef{ref_}, target.name.existing());
    signal->from = owner_.pid();
    owner_.relations.monitor(ref_, to, target.name.existing());
    if (to)
        system.send(to, std::move(signal));
    else
        system.answer_for_the_dead(to, std::move(signal));
}

std::optional<Result<std::unique_ptr<MessageSignal>>> PendingReply::wait(Duration timeout) {
    if (!await(owner_, timeout, [this] { return owner_.relations.has_answer(ref_); }))
        return std::nullopt;
    std::unique_ptr<MessageSignal> answer = owner_.relations.end_expectation(ref_);
    if (answer->kind == SignalKind::down)
        return Result<std::unique_ptr<MessageSignal>>{static_cast<Down*>(answer->value)->reason};
    answered_by_ = answer->from;
    return Result<std::unique_ptr<MessageSignal>>{std::move(answer)};
}

void PendingReply::close() noexcept {
    if (auto unwanted = owner_.relations.end_expectation(ref_))
        try {
            owner_.drop(std::move(unwanted));
        } catch (const std::bad_alloc&) { // where no user code may run, and no memory to keep it until some may
        }
    const auto target = owner_.relations.demonitor(ref_);
    if (target && *target && *target != answered_by_)
        owner_.give_up_monitor(*target, MonitorRef{ref_});
}

} // namespace fiberscope::detail
