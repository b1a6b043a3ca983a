// SPDX-License-Identifier: BSL-1.0
/// What a process may hold, and what happens to one that holds more.
#include "base/code_depth.hpp"
#include "process/process_system.hpp"

#include <fmt/format.h>

#include <new>

namespace fiberscope::detail {

Holdings& Life::holdings() {
    if (holdings_ == nullptr)
        holdings_ = std::make_unique<Holdings>();
    return *holdings_;
}

// -- the mailbox ----

/// `before`: its length before it has grown. It is never shorter than when it begins to grow.
void Life::mailbox_has_grown(std::size_t before) {
    if (holdings_ == nullptr || holdings_->message_queue_limit.limit.most == 0)
        return;
    holdings_->message_queue_limit.has_come_down_to(before);
    check_message_queue();
}

void Life::check_message_queue() {
    if (holdings_->message_queue_limit.is_passed_by(mailbox.size(), 0))
        is_over(holdings_->message_queue_limit, "message queue", "messages", mailbox.size());
}

Limit Life::set_message_queue_limit(Limit limit) {
    const Limit old = holdings().message_queue_limit.set(limit);
    handle_signals(); // what has come is counted
    check_message_queue();
    throw_if_ended();
    return old;
}

// -- the heap ----

std::pmr::memory_resource& Life::heap() {
    if (holdings().heap == nullptr)
        holdings_->heap = std::make_unique<ProcessHeap>(*this);
    return *holdings_->heap;
}

std::size_t Life::heap_bytes() const noexcept {
    return holdings_ != nullptr && holdings_->heap != nullptr ? holdings_->heap->bytes_in_use() : 0;
}

/// Not in a thread of the blocking pool: the process handles its signals at the same time.
void Life::heap_grows(std::size_t in_use, std::size_t more) {
    if (!holdings_->heap_limit.is_passed_by(in_use, more) || (!block_.is_external() && current_process() != &process()))
        return;
    is_over(holdings_->heap_limit, "heap", "bytes", in_use + more);
    throw_if_ended();
}

Limit Life::set_heap_limit(Limit limit) {
    const Limit old = holdings().heap_limit.set(limit);
    heap_grows(heap_bytes(), 0);
    return old;
}

// -- over it ----

void Life::is_over(Watched& watched, const char* what, const char* unit, std::size_t size) {
    const bool kills = watched.limit.then == OverLimit::kill;
    if (ending.order() || ending.stage() >= Ending::Stage::finishing || (!kills && std::exchange(watched.has_warned, true)))
        return;
    try {
        std::string limit = fmt::format("{} over {} {}", what, watched.limit.most, unit);
        report_limit(limit, size, kills);
        if (kills)
            holdings_->why_killed = std::move(limit);
    } catch (const std::bad_alloc&) { // no report, but the same end
    }
    if (kills)
        end_by_signal(ExitReason::killed());
}

/// As OTP's error report of `max_heap_size` (rule F04).
void Life::report_limit(const std::string& limit, std::size_t size, bool kills) {
    const Atom name = Atom::from_id(block_.shown.name.get());
    auto entry = std::make_shared<LogEntry>();
    entry->level = kills ? LogLevel::error : LogLevel::warning;
    entry->pid = pid();
    entry->title = "PROCESS LIMIT";
    entry->fields = {{LogEntry::initial_call, ""},
                     {"pid", to_string(pid())},
                     {"registered_name", name ? std::string{name.name()} : "[]"},
                     {"limit", limit},
                     {"size", std::to_string(size)},
                     {"kill", kills ? "true" : "false"},
                     {"message_queue_len", std::to_string(mailbox.size())},
                     {"heap_bytes", std::to_string(heap_bytes())}};
    Event event = block_.event_of(EventKind::log);
    event.log = std::move(entry);
    system().events().append(std::move(event));
}

// -- messages that nobody wants ----

/// Their destructors are user code. Where none may run they wait for the next one, or for the end.
void Life::drop(std::unique_ptr<MessageSignal> message) {
    if (!may_print())
        return holdings().unwanted.push(std::move(message));
    while (message != nullptr) {
        {
            const UserCode destructor;
            message.reset();
        }
        if (holdings_ != nullptr)
            message = holdings_->unwanted.pop();
    }
}

} // namespace fiberscope::detail

namespace fiberscope {

using namespace detail;

std::pmr::memory_resource& Process::heap() {
    const RuntimeCall in_runtime;
    return block_->life().heap();
}

std::size_t Process::heap_bytes() const noexcept {
    return block_->life().heap_bytes();
}

Limit Process::heap_limit(Limit limit) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    return block_->life().set_heap_limit(limit);
}

Limit Process::message_queue_limit(Limit limit) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    return block_->life().set_message_queue_limit(limit);
}

} // namespace fiberscope
