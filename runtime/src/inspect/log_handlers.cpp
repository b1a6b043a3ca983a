// SPDX-License-Identifier: BSL-1.0
#include "inspect/log_handlers.hpp"

#include "base/signals_blocked.hpp"
#include "base/standard_error.hpp"
#include "inspect/observation.hpp"
#include "process/plain_code.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

constexpr const char* standard_error_id = "default"; // as OTP calls its own

ExitReason no_such(Atom id) {
    return Term::tuple({Term::atom("not_found"), id});
}

} // namespace

std::optional<LogLevel> level_for_standard_error(std::optional<LogLevel> configured) {
    const char* const asked = std::getenv("FIBERSCOPE_LOG");
    if (asked == nullptr)
        return configured;
    if (std::string_view{asked} == "none")
        return std::nullopt;
    for (const LogLevel level :
         {LogLevel::debug, LogLevel::info, LogLevel::notice, LogLevel::warning, LogLevel::error, LogLevel::critical})
        if (to_string(level) == asked)
            return level;
    return configured;
}

LogHandlers::LogHandlers(std::shared_ptr<ProcessSystem> system) noexcept : system_{std::move(system)}, program_{::getpid()} {}

// -- who is told ----

Result<std::monostate> LogHandlers::add(Atom id, std::optional<LogLevel> level, LogHandler handler) {
    return add_entry({id, level, std::make_shared<const LogHandler>(std::move(handler)), system_->events().last_seq()});
}

void LogHandlers::add_standard_error(std::optional<LogLevel> level) {
    if (!level || ::fcntl(STDERR_FILENO, F_GETFD) < 0) // closed: whatever is opened next gets its number
        return;
    const LogHandler handler = [](const Event& event) { standard_error::say(log_text(event)); };
    static_cast<void>(add_entry({standard_error_id, level, std::make_shared<const LogHandler>(handler), 0}));
}

Result<std::monostate> LogHandlers::add_entry(Entry entry) {
    const std::lock_guard lock{mutex_};
    if (is_ending_)
        return ExitReason{Term::atom("node_stopped")};
    if (find(entry.id) != handlers_.end())
        return ExitReason{Term::tuple({Term::atom("already_exist"), entry.id})};
    const auto before = lowest_level();
    const bool is_first = thread_ == std::thread::id{} && entry.after == 0;
    handlers_.push_back(std::move(entry));
    levels_changed(before);
    if (is_first)
        position_ = {};
    try {
        start_thread();
    } catch (...) {
        handlers_.pop_back();
        levels_changed(before);
        throw;
    }
    return {boost::system::in_place_value};
}

Result<std::monostate> LogHandlers::remove(Atom id) {
    std::unique_lock lock{mutex_};
    const auto found = find(id);
    if (found == handlers_.end())
        return no_such(id);
    const auto before = lowest_level();
    const auto handler = found->handler; // what it holds is destroyed outside of the lock
    handlers_.erase(found);
    levels_changed(before);
    if (std::this_thread::get_id() != thread_ && program_ == ::getpid())
        changed_.wait(lock, [&] { return running_ != id; });
    lock.unlock();
    return {boost::system::in_place_value};
}

Result<std::monostate> LogHandlers::set_level(Atom id, std::optional<LogLevel> level) {
    const std::lock_guard lock{mutex_};
    const auto found = find(id);
    if (found == handlers_.end())
        return no_such(id);
    const auto before = lowest_level();
    if (!found->level)
        found->after = system_->events().last_seq();
    found->level = level;
    levels_changed(before);
    return {boost::system::in_place_value};
}

std::vector<LogHandlers::Entry>::iterator LogHandlers::find(Atom id) noexcept {
    return std::find_if(handlers_.begin(), handlers_.end(), [id](const Entry& entry) { return entry.id == id; });
}

std::optional<LogLevel> LogHandlers::lowest_level() const noexcept {
    std::optional<LogLevel> lowest;
    for (const Entry& entry : handlers_)
        if (entry.level && (!lowest || *entry.level < *lowest))
            lowest = entry.level;
    return lowest;
}

/// What was said while nobody listened is not for those who listen now, nor is it lost.
void LogHandlers::levels_changed(std::optional<LogLevel> before) {
    const auto lowest = lowest_level();
    if (!before)
        position_ = system_->events().end();
    system_->events().wake_follower_from(lowest);
}

// -- the thread ----

void LogHandlers::start_thread() {
    if (thread_ != std::thread::id{})
        return;
    const SignalsBlocked for_the_thread;
    std::thread thread{[self = shared_from_this()] { self->run(); }}; // it waits for mutex_ before it does anything
    thread_ = thread.get_id();
    thread.detach(); // a handler may never come back: the program's end does not wait for it
}

void LogHandlers::stop() {
    constexpr std::chrono::seconds for_last_words{2};
    if (program_ != ::getpid())
        return;
    std::unique_lock lock{mutex_};
    if (std::exchange(is_ending_, true))
        return;
    system_->events().wake_follower();
    if (thread_ != std::this_thread::get_id())
        changed_.wait_for(lock, for_last_words, [this] { return thread_ == std::thread::id{}; });
}

void LogHandlers::run() noexcept {
    ::pthread_setname_np(::pthread_self(), "fs-log");
    const EventRing& ring = system_->events();
    for (bool is_last_round = false; !is_last_round;) {
        const int news = ring.news();
        {
            const std::lock_guard lock{mutex_};
            is_last_round = is_ending_;
        }
        for (bool has_more = true; has_more;)
            try {
                EventBatch batch;
                has_more = take_some(batch);
                tell_all(batch);
            } catch (...) { // no memory for a copy: those events are missed
                has_more = false;
            }
        if (!is_last_round)
            ring.wait_for_news(news);
    }
    std::vector<Entry> told; // what handlers hold is destroyed outside of the lock, before anybody hears of the end
    {
        const std::lock_guard lock{mutex_};
        told.swap(handlers_);
        system_->events().wake_follower_from(std::nullopt);
    }
    told.clear();
    const std::lock_guard lock{mutex_};
    thread_ = {};
    changed_.notify_all();
}

bool LogHandlers::take_some(EventBatch& batch) {
    bool has_more = false;
    {
        const std::lock_guard lock{mutex_};
        if (const auto level = lowest_level())
            has_more = system_->events().follow(position_, *level, batch);
    }
    name_functions(batch); // looked up on disk
    return has_more;
}

void LogHandlers::tell_all(const EventBatch& batch) {
    if (batch.lost > 0)
        tell_of_loss(batch.lost);
    for (const Event& event : batch.events)
        tell(event);
}

void LogHandlers::tell_of_loss(std::uint64_t count) {
    Event event;
    event.kind = EventKind::log;
    event.seq = system_->events().last_seq();
    event.at = std::chrono::system_clock::now();
    event.log =
        std::make_shared<const LogEntry>(LogEntry{LogLevel::warning, {}, "EVENTS LOST", {{"count", std::to_string(count)}}});
    tell(event);
}

void LogHandlers::tell(const Event& event) {
    std::vector<Entry> entries;
    {
        const std::lock_guard lock{mutex_};
        for (const Entry& entry : handlers_)
            if (entry.level && event.log->level >= *entry.level && event.seq > entry.after)
                entries.push_back(entry);
    }
    for (const Entry& entry : entries)
        call(entry, event);
}

void LogHandlers::call(const Entry& entry, const Event& event) noexcept {
    {
        const std::lock_guard lock{mutex_};
        const auto still_there = find(entry.id);
        if (still_there == handlers_.end() || still_there->handler != entry.handler)
            return;
        running_ = entry.id;
    }
    std::string failure;
    try {
        (*entry.handler)(event);
    } catch (...) {
        failure = to_string(reason_of_current_exception());
    }
    {
        const std::lock_guard lock{mutex_};
        running_.reset();
        changed_.notify_all();
    }
    if (!failure.empty())
        drop_failed(entry.id, failure);
}

/// As OTP: who cannot handle the log is removed, and that is said where everybody sees it.
void LogHandlers::drop_failed(Atom id, const std::string& reason) {
    standard_error::say("fiberscope: the log handler " + std::string{id.name()} + " failed and is removed: " + reason + "\n");
    static_cast<void>(remove(id));
}

} // namespace fiberscope::detail
