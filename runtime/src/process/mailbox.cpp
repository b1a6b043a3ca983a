// SPDX-License-Identifier: BSL-1.0
#include "process/mailbox.hpp"

namespace fiberscope::detail {

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
