// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "process/control_block.hpp"

#include <memory>
#include <optional>

namespace fiberscope::detail {

/// An answer that a process waits for: the reply to a request, the value of a task, how a start went, or the end of whom
/// it asked. It comes to who asked and to nobody else: never into the mailbox, so no `receive` takes it, no message queue
/// counts it, no observer shows it.
///
/// Protocol: 1. The reference is opened, which lists it with the process (`Relations::expect_answer`). 2. The request
/// goes out with it, or a monitor is made under it, or both: a request is a monitor at the same time. 3. The first signal
/// that comes with it is kept beside it: a reply is told by its role, an end by its kind, never by a C++ type. What comes
/// later is dropped. 4. `wait` hands it out. 5. Closing ends the monitor, and from then on a reply with this reference is
/// dropped like any that nobody asked for (rules G01, M08).
/// Between 1 and 5 the process may do anything else: a task's is open over many handlers of a server.
///
/// **Thread:** the owner's. **Lifetime:** what came is owned by the control block, so nobody needs this object, which may
/// lie on a stack that is given up: then the process's end destroys it with its messages.
class PendingReply {
public:
    /// **Errors:** std::bad_alloc: nothing is open.
    PendingReply(Life& owner, Ref ref) : owner_{owner}, ref_{ref} { owner.relations.expect_answer(ref); }
    ~PendingReply() { close(); }
    PendingReply(const PendingReply&) = delete;
    PendingReply& operator=(const PendingReply&) = delete;

    Ref ref() const noexcept { return ref_; }
    /// Monitors `target` under this reference: its end is an answer, too. **Errors:** std::bad_alloc: it is not monitored.
    void monitor(const Target& target);
    /// The reply, or the reason with which the other side ended; nothing after `timeout`: it may be asked again. Once it
    /// was answered no more comes. **Blocks:** parks. **Errors:** as every wait; while the process unwinds the answer is
    /// that the time is over.
    std::optional<Result<std::unique_ptr<MessageSignal>>> wait(Duration timeout);

private:
    void close() noexcept;

    Life& owner_;
    const Ref ref_;
    Pid answered_by_; ///< who has replied: it has forgotten the monitor with its reply
};

} // namespace fiberscope::detail
