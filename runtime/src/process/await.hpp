// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"
#include "process/control_block.hpp"

#include <exception>

namespace fiberscope::detail {

/// Waits until `take()` is true, which looks for what the process waits for; false after `timeout`. Others get their
/// turn and the time runs also while more and more comes that is not what it waits for.
/// While the process unwinds nothing is waited for: the answer is that the time is over.
template <class Take>
[[gnu::always_inline]] inline bool await(ControlBlock& block, Duration timeout, Take take) {
    std::int64_t deadline_ns = never_ns;
    bool deadline_is_set = timeout == infinity;
    bool is_first_look = true;
    bool is_last_look = false;
    const auto is_held = [&block] { return block.is_suspended() && !block.pending_exit(); }; // exit signals reach it (Z01)
    const auto is_over = [&] {
        if (std::exchange(deadline_is_set, true))
            return deadline_ns != never_ns && !is_held() && clock_ns() >= deadline_ns;
        deadline_ns = deadline_after(clock_ns(), timeout);
        return false;
    };
    if (block.is_looking()) { // a guard, a formatter or a state view takes nothing out of the mailbox
        if (block.unwinds())
            return false;
        throw Error{Term::atom("badarg")};
    }
    for (;;) {
        block.throw_if_ended();
        if (!is_held()) {
            if (take())
                return true;
            if (is_last_look)
                return false;
            if (block.handle_signals()) {
                if (std::exchange(is_first_look, false))
                    continue;
                block.safe_point(4);
                is_last_look = timeout <= Duration::zero() || is_over();
                continue;
            }
            block.throw_if_ended();
            if (timeout <= Duration::zero() || block.unwinds())
                return false;
        }
        if (is_over())
            return false;
        block.park(is_held() ? never_ns : deadline_ns);
        block.handle_signals();
    }
}

/// Waits for a message after `position` that `match(MessageSignal&)` gives a clause for (-1: none), takes it out of the
/// mailbox and returns it; without a message after `timeout`. Messages that were looked at once are not looked at again.
template <class Match>
Received await_message(ControlBlock& block, Mailbox::Position position, Duration timeout, Match match) {
    Received received;
    await(block, timeout, [&] {
        for (; MessageSignal* message = block.mailbox.next(position); position = {message})
            if (const int clause = match(*message); clause >= 0) {
                received = {block.mailbox.take(position), clause};
                block.messages_changed();
                return true;
            }
        return false;
    });
    return received;
}

} // namespace fiberscope::detail
