// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal_notifier.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <system_error>

namespace fiberscope::app {
namespace {

/// A second signal within this time of the first leaves the program this long to end by itself.
constexpr std::chrono::milliseconds sameRequest{500};

/// Where the signal handler writes. Written by the one SignalNotifier; -1: there is none.
std::atomic<int> write_end{-1};
static_assert(std::atomic<int>::is_always_lock_free);

/// Async-signal-safe: write() and lock-free atomics only.
void onTerminationSignal(int signal) {
    const int saved_errno = errno;
    const char byte = static_cast<char>(signal);
    if (::write(write_end.load(), &byte, 1) < 0) {
        // the pipe is full: enough signals are under way already
    }
    errno = saved_errno;
}

/// Nothing is torn down: the GUI thread and the Node may be in the middle of anything.
[[noreturn]] void leaveAtOnce(int signal) {
    const char* const line = signal == SIGINT ? "fiberscope: ended at once by a second signal (SIGINT)\n"
                                              : "fiberscope: ended at once by a second signal (SIGTERM)\n";
    if (::write(STDERR_FILENO, line, std::strlen(line)) < 0) {
        // there is nobody left to tell
    }
    ::_exit(128 + signal);
}

/// A thread that starts now handles no signal: handlers run where the program expects them.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &m_before);
    }
    ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

private:
    sigset_t m_before{};
};

void handleWith(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART | SA_ONSTACK; // a process of the node has little stack of its own
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

} // namespace

SignalNotifier::SignalNotifier(QObject* parent) : QObject{parent} {
    if (::pipe2(m_pipe.data(), O_CLOEXEC) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe for signals"};
    // the handler must never wait
    ::fcntl(m_pipe[1], F_SETFL, O_NONBLOCK);
    write_end = m_pipe[1];
    {
        const BlockedSignals blocked;
        m_reader = std::thread{[this] { readSignals(); }};
    }
    handleWith(onTerminationSignal);
}

SignalNotifier::~SignalNotifier() {
    handleWith(SIG_DFL);
    onTerminationSignal(0);
    m_reader.join();
    write_end = -1;
    ::close(m_pipe[0]);
    ::close(m_pipe[1]);
}

int SignalNotifier::nextSignal() {
    char signal = 0;
    while (::read(m_pipe[0], &signal, 1) < 0 && errno == EINTR) {
    }
    return signal;
}

void SignalNotifier::readSignals() {
    if (nextSignal() == 0)
        return;
    const auto first = std::chrono::steady_clock::now();
    QMetaObject::invokeMethod(this, &SignalNotifier::terminationRequested, Qt::QueuedConnection);
    const int second = nextSignal();
    if (second == 0)
        return;
    // timeout(1) and its like send one request twice, to the program and to its group: that is no second thought
    pollfd ended{m_pipe[0], POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first + sameRequest - std::chrono::steady_clock::now());
    if (left.count() <= 0 || ::poll(&ended, 1, static_cast<int>(left.count())) == 0 || nextSignal() != 0)
        leaveAtOnce(second);
}

} // namespace fiberscope::app
