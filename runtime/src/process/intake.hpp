// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "process/signal_queue.hpp"

#include <fiberscope/message.hpp>

#include <memory>
#include <utility>

namespace fiberscope::detail {

/// Sets a mark while it lives.
class Marked {
public:
    explicit Marked(bool& mark) noexcept : mark_{mark} { mark_ = true; }
    ~Marked() { mark_ = false; }
    Marked(const Marked&) = delete;
    Marked& operator=(const Marked&) = delete;

private:
    bool& mark_;
};

/// What is on its way into a process: signals between its queue and its tables, and messages between its mailbox and its
/// code. The process may be abandoned at any of these places: what is here is not lost with its frames.
/// **Thread:** the process's own.
class Intake {
public:
    Intake() = default;
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    // -- signals, from the queue ----

    bool is_handling() const noexcept { return is_handling_; }
    /// While it lives.
    [[nodiscard]] Marked handling() noexcept { return Marked{is_handling_}; }
    void take(std::unique_ptr<Signal> oldest) noexcept { unhandled_ = oldest.release(); }
    /// The next one is an ordinary message to process `serial`: hands it out, else nullptr. Such need no care.
    std::unique_ptr<MessageSignal> next_plain_message(std::uint32_t serial) noexcept {
        if (unhandled_ == nullptr || unhandled_->kind != SignalKind::message || unhandled_->target_serial != serial)
            return nullptr;
        auto* message = static_cast<MessageSignal*>(unhandled_);
        if (message->role != MessageRole::info && message->role != MessageRole::cast)
            return nullptr;
        unhandled_ = message->next;
        return std::unique_ptr<MessageSignal>{message};
    }
    /// Takes the next signal in hand. False: there is none.
    bool take_next() noexcept;
    /// The signal that is being handled, until that much is done that it is not lost.
    std::unique_ptr<Signal>& in_hand() noexcept { return in_hand_; }
    /// The signal in hand has been nothing to this process yet: it goes back, to be answered as by the dead.
    void put_back(SignalQueue& queue) noexcept;
    template <class Predicate>
    bool has_any_unhandled(Predicate is_such) const noexcept {
        for (const Signal* at = unhandled_; at != nullptr; at = at->next)
            if (is_such(*at))
                return true;
        return false;
    }

    // -- messages, to the code ----

    /// A message that a handler has in its hands.
    void hold(MessageSignal& message) noexcept { message.next = std::exchange(held_, &message); }
    /// **Pre-condition:** it was held last.
    void let_go(MessageSignal& message) noexcept { held_ = static_cast<MessageSignal*>(message.next); }
    /// User code looks at the mailbox, or runs while signals are handled: it must not take messages.
    bool is_looking() const noexcept { return is_matching_ || is_handling_; }
    /// A guard or a formatter looks at a message while it lives.
    [[nodiscard]] Marked looking() noexcept { return Marked{is_matching_}; }

    /// The frames that worked here are gone.
    void forget(SignalQueue& queue) noexcept;

private:
    Signal* unhandled_ = nullptr;     ///< taken from the queue, oldest first
    std::unique_ptr<Signal> in_hand_; ///< taken from those
    MessageSignal* held_ = nullptr;   ///< newest first
    bool is_handling_ = false;
    bool is_matching_ = false;
};

} // namespace fiberscope::detail
