// SPDX-License-Identifier: BSL-1.0
#include "process/mailbox.hpp"

namespace fiberscope::detail {

namespace {
std::uint64_t bytes_of(const MessageSignal& message) noexcept {
    return sizeof(MessageSignal) + message.type->bytes;
}
} // namespace

void Mailbox::push(std::unique_ptr<MessageSignal> message) noexcept {
    MessageSignal* added = message.release();
    added->next = nullptr;
    if (tail_ != nullptr)
        tail_->next = added;
    else
        head_ = added;
    tail_ = added;
    ++size_;
    bytes_ += bytes_of(*added);
}

std::unique_ptr<MessageSignal> Mailbox::take(Position position) noexcept {
    MessageSignal* taken = next(position);
    auto* after = static_cast<MessageSignal*>(taken->next);
    if (position.before != nullptr)
        position.before->next = after;
    else
        head_ = after;
    if (tail_ == taken)
        tail_ = position.before;
    --size_;
    bytes_ -= bytes_of(*taken);
    return std::unique_ptr<MessageSignal>{taken};
}

void Mailbox::clear() noexcept {
    while (head_ != nullptr)
        take(begin());
}

} // namespace fiberscope::detail
