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
[[gnu::always_inline]] inline bool await(Life& life, Duration timeout, Take take) {
    std::int64_t deadline_ns = never_ns;
    bool deadline_is_set = timeout == infinity;
    bool is_first_look = true;
    bool is_last_look = false;
    const auto is_over = [&] {
        if (std::exchange(deadline_is_set, true))
            return deadline_ns != never_ns && !life.is_held() && clock_ns() >= deadline_ns;
        deadline_ns = deadline_after(clock_ns(), timeout);
        return false;
    };
    if (life.intake.is_looking()) { // a guard, a formatter or a state view takes nothing out of the mailbox
        if (life.unwinds())
            return false;
        throw Error{Term::atom("badarg")};
    }
    for (;;) {
        life.throw_if_ended();
        if (!life.is_held()) {
            if (take())
                return true;
            if (is_last_look)
                return false;
            if (life.handle_signals()) {
                if (std::exchange(is_first_look, false))
                    continue;
                life.block().safe_point(4);
                is_last_look = timeout <= Duration::zero() || is_over();
                continue;
            }
            life.throw_if_ended();
            if (timeout <= Duration::zero() || life.unwinds())
                return false;
        }
        if (is_over())
            return false;
        life.park(life.is_held() ? never_ns : deadline_ns);
        life.handle_signals();
    }
}

/// Waits for a message after `position` that `match(MessageSignal&)` gives a clause for (-1: none), takes it out of the
/// mailbox and returns it; without a message after `timeout`. Messages that were looked at once are not looked at again.
template <class Match>
Received await_message(Life& life, Mailbox::Position position, Duration timeout, Match match) {
    Received received;
    await(life, timeout, [&] {
        for (; MessageSignal* message = life.mailbox.next(position); position = {message})
            if (const int clause = match(*message); clause >= 0) {
                received = {life.mailbox.take(position), clause};
                life.messages_changed();
                return true;
            }
        return false;
    });
    return received;
}

} // namespace fiberscope::detail
