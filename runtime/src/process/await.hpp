// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"
#include "process/control_block.hpp"

#include <exception>

namespace fiberscope::detail {

/// Waits for a message after `position` that `match(MessageSignal&)` gives a clause for (-1: none), takes it out of the
/// mailbox and returns it; without a message after `timeout`. Messages that were looked at once are not looked at again.
/// While the process unwinds nothing is waited for: the answer is that the time is over.
template <class Match>
Received await_message(ControlBlock& block, Mailbox::Position position, Duration timeout, Match match) {
    std::int64_t deadline_ns = never_ns;
    bool deadline_is_set = timeout == infinity;
    const auto is_held = [&block] { return block.is_suspended() && !block.pending_exit(); }; // exit signals reach it (Z01)
    if (block.is_looking()) { // a guard, a formatter or a state view takes nothing out of the mailbox
        if (block.unwinds())
            return {};
        throw Error{Term::atom("badarg")};
    }
    for (;;) {
        block.throw_if_ended();
        if (!is_held()) {
            for (; MessageSignal* message = block.mailbox.next(position); position = {message})
                if (const int clause = match(*message); clause >= 0) {
                    Received received{block.mailbox.take(position), clause};
                    block.messages_changed();
                    return received;
                }
            if (block.handle_signals())
                continue;
            block.throw_if_ended();
            if (timeout <= Duration::zero() || block.unwinds())
                return {};
        }
        if (!std::exchange(deadline_is_set, true))
            deadline_ns = deadline_after(clock_ns(), timeout);
        else if (deadline_ns != never_ns && !is_held() && clock_ns() >= deadline_ns)
            return {};
        block.park(is_held() ? never_ns : deadline_ns);
        block.handle_signals();
    }
}

} // namespace fiberscope::detail
