// SPDX-License-Identifier: BSL-1.0
#include "scheduler/signal_handlers.hpp"

#include "scheduler/preemption_signal.hpp"

#include <mutex>

namespace fiberscope::detail {

namespace {

std::mutex mutex; ///< protects those who want handlers, and what that changes
int wanted_by = 0;

bool is_handler(const struct sigaction& action) noexcept {
    return (action.sa_flags & SA_SIGINFO) != 0 || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

} // namespace

void BorrowedSignal::take(int signal, const struct sigaction& ours) noexcept {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (ours_ != nullptr && is_handler(now))
        return; // somebody else's stands before ours, and calls it
    ours_ = ours.sa_sigaction;
    ::sigaction(signal, &ours, &previous_);
}

void BorrowedSignal::give_back(int signal) noexcept {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (ours_ == nullptr || (now.sa_flags & SA_SIGINFO) == 0 || now.sa_sigaction != ours_)
        return;
    ::sigaction(signal, &previous_, nullptr);
    ours_ = nullptr;
}

bool BorrowedSignal::had_handler() const noexcept {
    return is_handler(previous_);
}

void BorrowedSignal::pass_on(int signal, siginfo_t* info, void* context) const {
    if ((previous_.sa_flags & SA_SIGINFO) != 0)
        previous_.sa_sigaction(signal, info, context);
    else if (had_handler())
        previous_.sa_handler(signal);
}

SignalHandlers::SignalHandlers(fault_signal::CrashReporter reporter) {
    const std::lock_guard lock{mutex};
    if (wanted_by++ > 0)
        return;
    preemption_signal::install();
    fault_signal::install(reporter);
}

SignalHandlers::~SignalHandlers() {
    const std::lock_guard lock{mutex};
    if (--wanted_by > 0)
        return;
    fault_signal::remove();
    preemption_signal::remove();
}

} // namespace fiberscope::detail
