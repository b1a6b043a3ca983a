// SPDX-License-Identifier: BSL-1.0
#include "process/intake.hpp"

namespace fiberscope::detail {

bool Intake::take_next() noexcept {
    if (unhandled_ == nullptr)
        return false;
    in_hand_.reset(unhandled_);
    unhandled_ = std::exchange(in_hand_->next, nullptr);
    return true;
}

void Intake::put_back(SignalQueue& queue) noexcept {
    if (in_hand_ != nullptr)
        queue.push(*in_hand_.release());
}

void Intake::forget(SignalQueue& queue) noexcept {
    while (held_ != nullptr) {
        MessageSignal* message = std::exchange(held_, static_cast<MessageSignal*>(held_->next));
        message->forget();
    }
    is_handling_ = is_matching_ = false;
    put_back(queue);
    while (unhandled_ != nullptr)
        queue.push(*std::exchange(unhandled_, unhandled_->next));
}

} // namespace fiberscope::detail
