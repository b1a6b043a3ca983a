// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/message.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace fiberscope::detail {

/// The messages of one process in the order of their arrival.
/// **Thread:** the process's own.
class Mailbox {
public:
    Mailbox() = default;
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox() { clear(); }

    /// A place between two messages: `next` is the message after it.
    struct Position {
        MessageSignal* before = nullptr; ///< nullptr: the beginning
    };

    void push(std::unique_ptr<MessageSignal> message) noexcept {
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
    Position begin() const noexcept { return {}; }
    /// After the newest message.
    Position end() const noexcept { return {tail_}; }
    MessageSignal* next(Position position) const noexcept {
        return static_cast<MessageSignal*>(position.before != nullptr ? position.before->next : head_);
    }
    /// Takes out the message after `position`.
    std::unique_ptr<MessageSignal> take(Position position) noexcept;
    std::unique_ptr<MessageSignal> pop() noexcept { return head_ != nullptr ? take(begin()) : nullptr; }
    /// Deletes all messages; their destructors are user code and may throw nothing.
    void clear() noexcept;

    std::size_t size() const noexcept { return size_; }
    /// Of the messages themselves, without what they point to.
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    static std::uint64_t bytes_of(const MessageSignal& message) noexcept { return sizeof(MessageSignal) + message.type->bytes; }

    MessageSignal* head_ = nullptr;
    MessageSignal* tail_ = nullptr;
    std::size_t size_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace fiberscope::detail
