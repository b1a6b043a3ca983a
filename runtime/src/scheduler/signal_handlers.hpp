// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/fault_signal.hpp"

#include <signal.h>

namespace fiberscope::detail {

/// A handler of the program's that is ours for a time. **Thread:** one at a time; the handler reads `previous()` meanwhile.
class BorrowedSignal {
public:
    using Handler = void (*)(int, siginfo_t*, void*);

    void take(int signal, const struct sigaction& ours) noexcept;
    /// Puts back what was there before. If somebody has put another handler before ours since, that one may call ours: then
    /// ours stays behind it, and goes on to pass signals on.
    void give_back(int signal) noexcept;
    const struct sigaction& previous() const noexcept { return previous_; }
    /// Somebody had put a handler there before ours.
    bool had_handler() const noexcept;
    /// Calls that one, if there was one. Async-signal-safe, if it is.
    void pass_on(int signal, siginfo_t* info, void* context) const;

private:
    struct sigaction previous_ {};
    Handler ours_ = nullptr; ///< nullptr: not taken
};

/// While one lives, the program has the runtime's handlers of preemption and of faults.
/// **Thread:** any. **Blocks:** while another is made or ends.
class SignalHandlers {
public:
    explicit SignalHandlers(fault_signal::CrashReporter reporter);
    ~SignalHandlers();
    SignalHandlers(const SignalHandlers&) = delete;
    SignalHandlers& operator=(const SignalHandlers&) = delete;
};

} // namespace fiberscope::detail
