// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <csignal>

#include <pthread.h>

namespace fiberscope::detail {

/// While it lives, threads that this one makes take no signals from their start to their end: those are for the program's
/// own threads. **Thread:** the one that made it.
class SignalsBlocked {
public:
    SignalsBlocked() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

} // namespace fiberscope::detail
