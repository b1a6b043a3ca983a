// SPDX-License-Identifier: BSL-1.0
#include "inspect/crash_report.hpp"

#include "base/signals_blocked.hpp"
#include "base/standard_error.hpp"
#include "inspect/function_names.hpp"
#include "inspect/observation.hpp"
#include "inspect/report_file.hpp"

#include <fiberscope/fault_text.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <semaphore.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

// -- what a report says ----

std::string signal_text(const Fault& fault) {
    const char* abbreviation = ::sigabbrev_np(fault.signal);
    const char* description = ::sigdescr_np(fault.signal);
    const std::string about = !fault.is_sent               ? fmt::format("address {:#x}", fault.address)
                              : fault.sender == ::getpid() ? std::string{"raised by the program itself"}
                                                           : fmt::format("sent by process {}", fault.sender);
    return fmt::format("SIG{} ({}), {}, at {:#x}", abbreviation != nullptr ? abbreviation : "?",
                       description != nullptr ? description : "?", about, fault.code.pc);
}

std::string process_text(const Crash& crash) {
    if (crash.process == nullptr)
        return "none";
    const auto& block = static_cast<const ControlBlock&>(*crash.process);
    std::string name = block.name();
    if (name.empty())
        name = name_of(
            initial_function(block.shown.initial_name.get(), block.shown.initial_function.get(), block.shown.initial_type.get()));
    return fmt::format("{} {}, {}", to_string(block.pid()), name,
                       crash.was_process_code ? "in its own code or a library that it called" : "in the runtime");
}

std::string indented(std::string_view text) {
    std::string result = "    ";
    for (const char c : text) {
        result += c;
        if (c == '\n')
            result += "    ";
    }
    return result + "\n";
}

std::string event_text(const Event& event) {
    const std::string pid = event.pid ? to_string(event.pid) + " " : "";
    switch (event.kind) {
    case EventKind::exit: return fmt::format("{}{} exited: {}", pid, event.name.name(), to_string(event.reason));
    case EventKind::restart:
        return fmt::format("{} restarted {} as {}", event.supervisor_name.name(), to_string(event.old_pid), to_string(event.pid));
    case EventKind::gave_up: return fmt::format("{} gave up: {}", event.supervisor_name.name(), to_string(event.reason));
    case EventKind::application_started: return fmt::format("application {} started", event.name.name());
    case EventKind::application_stopped:
        return fmt::format("application {} stopped: {}", event.name.name(), to_string(event.reason));
    case EventKind::log: break;
    }
    std::string text = fmt::format("{} {}{}", to_string(event.log->level), pid, event.log->title);
    for (const auto& [name, value] : event.log->fields)
        text += fmt::format("  {}: {}", name, value.substr(0, value.find('\n')));
    return text;
}

std::string log_text(ProcessSystem& system) {
    constexpr std::uint64_t most_events = 20;
    const std::uint64_t last = system.events().last_seq();
    EventBatch batch = system.events().after(last - std::min(last, most_events));
    name_functions(batch);
    std::string text;
    for (const Event& event : batch.events)
        text += indented(fmt::format("{:%H:%M:%S} {}", fmt::localtime(std::chrono::system_clock::to_time_t(event.at)),
                                     with_hex_addresses(event_text(event))));
    return text;
}

std::string report_text(const Crash& crash, const std::vector<std::weak_ptr<ProcessSystem>>& systems) {
    std::string text = fmt::format("*** Crash: {}\n", signal_text(crash.fault));
    text += fmt::format("time:    {:%Y-%m-%d %H:%M:%S}\n", fmt::localtime(std::time(nullptr)));
    text += fmt::format("program: {} ({})\n", ::program_invocation_name, ::getpid());
    text += crash.scheduler != 0 ? fmt::format("thread:  scheduler {}\n", crash.scheduler) : "thread:  not a scheduler\n";
    text += fmt::format("process: {}\n", process_text(crash));
    text += "stack:\n" + indented(stack_text(FunctionNames::instance().frames_of(crash.stack.raw())));
    for (const auto& weak : systems)
        if (const auto system = weak.lock())
            text += fmt::format("last events of {}:\n", system->config().name) + log_text(*system);
    return text;
}

// -- who writes it ----

/// The thread waits for a crash all its life, and ends with the program. Made at the first Node's start, never destroyed.
class Writer {
public:
    static Writer& instance() {
        static Writer& writer = *new Writer;
        return writer;
    }

    void watch(std::weak_ptr<ProcessSystem> system) {
        const std::lock_guard lock{mutex_};
        std::erase_if(systems_, [](const auto& weak) { return weak.expired(); });
        systems_.push_back(std::move(system));
    }

    /// False if it did not come to an end in time, or this is a child that fork() made: that has no such thread.
    bool write(const Crash& crash) noexcept {
        constexpr int look_ms = 5;
        constexpr int most_looks = 1000;
        if (made_by_ != ::getpid())
            return false;
        crash_ = crash;
        ::sem_post(wanted_.get());
        for (int look = 0; look < most_looks && !is_written_.load(std::memory_order_acquire); ++look)
            ::poll(nullptr, 0, look_ms);
        return is_written_.load(std::memory_order_acquire);
    }

private:
    Writer() {
        // a reader that is gone, or a limit of the file's size, is to make a write fail, and no more
        const SignalsBlocked for_the_thread;
        std::thread{[this] { run(); }}.detach();
    }

    void run() {
        ::pthread_setname_np(::pthread_self(), "fs-crash");
        while (::sem_wait(wanted_.get()) != 0) {
        }
        try {
            const std::lock_guard lock{mutex_};
            std::string text = report_text(crash_, systems_);
            if (wants_file())
                text += save_report(text);
            standard_error::write(text);
            is_written_.store(true, std::memory_order_release);
        } catch (...) { // NOLINT(bugprone-empty-catch): the short line is written instead
        }
    }

    /// **Pre-condition:** the lock is held.
    bool wants_file() const {
        return std::all_of(systems_.begin(), systems_.end(), [](const auto& weak) {
            const auto system = weak.lock();
            return system == nullptr || system->config().crash_report_file;
        });
    }

    struct Semaphore {
        sem_t semaphore{};
        Semaphore() noexcept { ::sem_init(&semaphore, 0, 0); }
        sem_t* get() noexcept { return &semaphore; }
    } wanted_;
    Crash crash_{};                       ///< written before wanted_ is posted
    std::atomic<bool> is_written_{false}; ///< by the thread
    const pid_t made_by_ = ::getpid();
    std::mutex mutex_; ///< protects systems_
    std::vector<std::weak_ptr<ProcessSystem>> systems_;
};

} // namespace

void crash_report::watch(std::weak_ptr<ProcessSystem> system) {
    Writer::instance().watch(std::move(system));
}

void crash_report::write(const Crash& crash) noexcept {
    if (Writer::instance().write(crash))
        return;
    std::array<char, 160> line{};
    const auto end = fmt::format_to_n(line.data(), line.size(), "*** Crash: signal {}, address {:#x}, at {:#x}; no report\n",
                                      crash.fault.signal, crash.fault.address, crash.fault.code.pc);
    standard_error::write({line.data(), std::min<std::size_t>(end.size, line.size())});
}

} // namespace fiberscope::detail
