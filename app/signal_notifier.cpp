// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal_notifier.hpp"

#include <QSocketNotifier>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace fiberscope::app {
namespace {

/// Where the signal handler writes. Written by the one SignalNotifier; -1: there is none.
std::atomic<int> write_end{-1};
static_assert(std::atomic<int>::is_always_lock_free);

/// Async-signal-safe: write() and lock-free atomics only.
void onTerminationSignal(int) {
    const int saved_errno = errno;
    const char byte = 0;
    if (::write(write_end.load(), &byte, 1) < 0) {
        // the pipe is full: enough signals are under way already
    }
    errno = saved_errno;
}

void handleWith(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

} // namespace

SignalNotifier::SignalNotifier(QObject* parent) : QObject{parent} {
    if (::pipe2(m_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe for signals"};
    write_end = m_pipe[1];
    m_notifier = new QSocketNotifier{m_pipe[0], QSocketNotifier::Read, this};
    connect(m_notifier, &QSocketNotifier::activated, this, &SignalNotifier::readPipe);
    handleWith(onTerminationSignal);
}

SignalNotifier::~SignalNotifier() {
    handleWith(SIG_DFL);
    write_end = -1;
    m_notifier->setEnabled(false);
    ::close(m_pipe[0]);
    ::close(m_pipe[1]);
}

void SignalNotifier::readPipe() {
    std::array<char, 16> bytes{};
    while (::read(m_pipe[0], bytes.data(), bytes.size()) > 0) {
        // several signals before one turn of the event loop count as one
    }
    emit terminationRequested();
}

} // namespace fiberscope::app
