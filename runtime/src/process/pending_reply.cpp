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
    auto signal = std::make_unique<MonitorSignal>(SignalKind::monitor, MonitorRef{ref_}, target.name);
    signal->from = owner_.pid();
    owner_.monitors.add(ref_, {to, target.name});
    owner_.monitors_changed();
    if (to)
        system.send(to, std::move(signal));
    else
        system.answer_for_the_dead(to, std::move(signal));
}

bool PendingReply::has_come() const noexcept {
    const auto* place = owner_.pending_replies.find(ref_);
    return place != nullptr && *place != nullptr;
}

std::optional<Result<std::unique_ptr<MessageSignal>>> PendingReply::wait(Duration timeout) {
    if (!await(owner_, timeout, [this] { return has_come(); }))
        return std::nullopt;
    std::unique_ptr<MessageSignal> answer = std::move(*owner_.pending_replies.find(ref_));
    owner_.pending_replies.erase(ref_);
    if (answer->kind == SignalKind::down)
        return Result<std::unique_ptr<MessageSignal>>{static_cast<Down*>(answer->value)->reason};
    answered_by_ = answer->from;
    return Result<std::unique_ptr<MessageSignal>>{std::move(answer)};
}

void PendingReply::close() noexcept {
    if (auto* place = owner_.pending_replies.find(ref_)) {
        auto unwanted = std::move(*place);
        owner_.pending_replies.erase(ref_);
        if (unwanted != nullptr)
            try {
                owner_.drop(std::move(unwanted));
            } catch (const std::bad_alloc&) { // where no user code may run, and no memory to keep it until some may
            }
    }
    const auto* monitor = owner_.monitors.find(ref_);
    if (monitor == nullptr)
        return;
    const Pid target = monitor->target;
    owner_.monitors.erase(ref_);
    owner_.monitors_changed();
    if (target && target != answered_by_)
        owner_.give_up_monitor(target, MonitorRef{ref_});
}

} // namespace fiberscope::detail
