// SPDX-License-Identifier: BSL-1.0
/// The end of a process, in the order that others may rely on (rule P11): what they see of it is released before
/// anybody hears of its end.
#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "base/message_text.hpp"
#include "process/process_system.hpp"
#include "scheduler/program_exit.hpp"
#include "scheduler/scheduler.hpp"

#include <atomic>
#include <memory>

namespace fiberscope::detail {

namespace {

template <class Range, class Print>
std::string list_text(const Range& range, Print print) {
    std::string text = "[";
    for (const auto& each : range)
        text += (text.size() > 1 ? "," : "") + print(each);
    return text + "]";
}

} // namespace

std::string printed(const MessageSignal& message) {
    const UserCode formatter;
    return message_text(message);
}

std::string printed_with_type(const MessageSignal& message) {
    return short_type_name(message.type->mangled_name) + " " + printed(message);
}

void ControlBlock::finish() {
    if (program_exit::is_forked_child())
        program_exit::end_forked_child();
    is_finishing_ = true;
    if (is_abandoned_)
        forget_all();
    if (pending_exit_)
        give_time_to_unwind(); // for the destructors that follow
    {
        const UserCode destructors; // of the body's closure, or of the server
        code_.reset();
    }
    if (crashed_ && !std::exchange(crash_is_reported_, true))
        report_crash(end_reason_, Atom::from_id(shown.name.get()));
    if (!std::exchange(end_is_announced_, true)) // no user code may run once this has begun: it might not come back
        announce_end(std::exchange(end_reason_, {}));
    destroy_messages();
    end_stack_.reset();
    if (rare_ != nullptr) {
        const std::lock_guard lock{system_.label_mutex};
        rare_.reset();
    }
    holdings_.reset(); // the heap, which destructors may still have used
    free_slot();
}

/// Nobody can stop it any more: the time that its messages' destructors may use is limited from the start.
void ControlBlock::destroy_messages() {
    constexpr std::size_t at_once = 256;
    if (holdings_ != nullptr)
        while (auto message = holdings_->unwanted.pop())
            mailbox.push(std::move(message));
    if (!pending_replies.empty()) // what frames or objects were to fetch that are gone without having been destroyed
        for (auto& [ref, answer] : pending_replies.take())
            if (answer != nullptr)
                mailbox.push(std::move(answer));
    if (mailbox.size() > 0 && !pending_exit_)
        pending_exit_ = ExitReason::normal();
    for (std::size_t count = 0; auto message = mailbox.pop(); ++count) {
        if (count % at_once == 0)
            give_time_to_unwind();
        const UserCode destructor;
        message.reset();
    }
    if (!links.empty() || !monitors.empty() || !monitored_by.empty())
        tell_the_end(ExitReason::noproc()); // destructors have linked or monitored
}

void ControlBlock::announce_end(const ExitReason& reason) {
    say_exiting(reason);
    close_signals();
    tell_the_end(reason);
    tell_starter(reason);
}

void ControlBlock::say_exiting(const ExitReason& reason) {
    const Atom name = Atom::from_id(shown.name.get());
    const std::uint64_t serial = identity_.load(std::memory_order_relaxed) & ~(live_bit | exiting_bit);
    identity_.store(serial | exiting_bit, std::memory_order_seq_cst);
    system_.registry().release(*this);
    system_.drop_timers_of(*this, pid());
    record_exit(reason, name);
}

void ControlBlock::close_signals() {
    auto signal = take_signals(closed_queue());
    while (signal != nullptr) {
        std::unique_ptr<Signal> next{std::exchange(signal->next, nullptr)};
        system_.answer({system_.id(), slot_, signal->target_serial}, *signal);
        if (signal->kind == SignalKind::message) // its destructor is user code, which must not run here
            mailbox.push(std::unique_ptr<MessageSignal>{static_cast<MessageSignal*>(signal.release())});
        signal = std::move(next);
    }
}

void ControlBlock::tell_the_end(const ExitReason& reason) {
    const std::int64_t ended_ns = now_ns();
    for (const auto& [peer, stamp] : links.take()) {
        auto exit = std::make_unique<Envelope<Exit>>(SignalKind::link_exit, Exit{pid(), reason});
        exit->from = pid();
        exit->tag = Ref{stamp};
        exit->sent_ns = ended_ns;
        system_.send(peer, std::move(exit));
    }
    for (const auto& [ref, watcher] : monitored_by.take()) {
        auto down = std::make_unique<Envelope<Down>>(SignalKind::down, Down{MonitorRef{ref}, pid(), reason, {}});
        down->from = pid();
        down->tag = ref;
        down->sent_ns = ended_ns;
        system_.send(watcher, std::move(down));
    }
    for (const auto& [ref, monitor] : monitors.take()) {
        auto demonitor = std::make_unique<MonitorSignal>(SignalKind::demonitor, MonitorRef{ref}, Atom{});
        demonitor->from = pid();
        system_.send(monitor.target, std::move(demonitor));
    }
    resume_all();
}

/// A suspender's death takes its counts back (rule Z01).
void ControlBlock::resume_all() {
    if (rare_ == nullptr)
        return;
    for (const auto& [target, count] : std::exchange(rare_->suspended, {}))
        for (int left = count; left > 0; --left) {
            auto resume = std::make_unique<SuspendSignal>(SignalKind::resume);
            resume->from = pid();
            system_.send(target, std::move(resume));
        }
}

/// A server whose start was not over yet: its starter hears that it failed, after the name is free (rule G04).
void ControlBlock::tell_starter(const ExitReason& reason) {
    const auto [starter, request] = std::exchange(starter_, {});
    if (!starter)
        return;
    const auto outcome = start_ignored_ ? StartReport::Outcome::ignored : StartReport::Outcome::failed;
    auto report =
        std::make_unique<Envelope<StartReport>>(SignalKind::message, StartReport{outcome, start_failure_.value_or(reason)});
    report->role = MessageRole::reply;
    report->tag = request;
    report->from = pid();
    system_.send(starter, std::move(report));
}

void ControlBlock::record_exit(const ExitReason& reason, Atom name) {
    if (scheduler_ != nullptr)
        scheduler_->exits.add();
    else
        system_.outside_exits.fetch_add(1, std::memory_order_relaxed);
    if (is_abandoned_)
        system_.abandoned.fetch_add(1, std::memory_order_relaxed);
    const bool is_over_limit = holdings_ != nullptr && !holdings_->why_killed.empty() && reason == ExitReason::killed();
    if (is_over_limit)
        system_.over_limit.fetch_add(1, std::memory_order_relaxed);
    if (!reason.is_clean() && !reason.term().is_atom("killed"))
        system_.crashes.fetch_add(1, std::memory_order_relaxed);
    const bool is_helper = (shown.flags.get() & ProcessRow::system_flag) != 0 && reason.is_normal();
    if (scheduler_ == nullptr || is_helper)
        return; // threads from outside and the Node's own asynchronous calls are no part of the exit history
    const auto age_ms = static_cast<std::uint64_t>((scheduler_->now_ns() - shown.started_ns.get()) / 1'000'000);
    if (reason.is_normal() && rare_ == nullptr && !is_abandoned_ && !is_over_limit)
        return system_.events().append(NormalExit{0, scheduler_->now_ns(), pid(), name, shown.initial_name.get(),
                                                  shown.initial_function.get(), shown.initial_type.get(), age_ms});
    Event event = event_of(EventKind::exit);
    event.name = name;
    if (rare_ != nullptr)
        event.label = rare_->label;
    event.reason = reason;
    if (is_over_limit)
        event.note = holdings_->why_killed;
    event.abandoned = is_abandoned_;
    if (end_stack_ != nullptr && !reason.is_clean())
        event.stack = *end_stack_;
    event.age_ms = age_ms;
    system_.events().append(std::move(event));
}

/// As OTP's crash report (rules P10, G11, S22).
void ControlBlock::report_crash(const ExitReason& reason, Atom name) {
    const Marked looking{is_matching_}; // the formatters of the messages look at the mailbox
    const auto typed = [](const MessageSignal* each) { return printed_with_type(*each); };
    auto entry = std::make_shared<LogEntry>();
    entry->level = LogLevel::error;
    entry->pid = pid();
    entry->title = "CRASH REPORT";
    entry->fields = {{LogEntry::initial_call, ""}, // named by who reads it: addresses are not looked up here
                     {"pid", to_string(pid())},
                     {"registered_name", name ? std::string{name.name()} : "[]"},
                     {"label", rare_ != nullptr && !rare_->label.empty() ? rare_->label : "[]"},
                     {"error_info", to_string(reason)},
                     {"ancestors", list_text(system_.ancestors_of(pid()), [](Pid process) { return to_string(process); })},
                     {"message_queue_len", std::to_string(mailbox.size())},
                     {"messages", list_text(first_messages(), typed)},
                     {"links", list_text(links.peers(), [](Pid process) { return to_string(process); })},
                     {"dictionary", dictionary_text()},
                     {"trap_exit", process_.trap_exit() ? "true" : "false"},
                     {"status", "running"},
                     {"stack_size", std::to_string(shown.stack_used_bytes.get())},
                     {"reductions", std::to_string(shown.reductions.get())}};
    Event event = event_of(EventKind::log);
    if (end_stack_ != nullptr)
        event.stack = *end_stack_;
    event.log = std::move(entry);
    system_.events().append(std::move(event));
}

std::vector<const MessageSignal*> ControlBlock::first_messages() const {
    constexpr std::size_t most_messages = 10;
    std::vector<const MessageSignal*> messages;
    auto at = mailbox.begin();
    for (MessageSignal* each = mailbox.next(at); each != nullptr && messages.size() < most_messages; each = mailbox.next(at)) {
        messages.push_back(each);
        at = {each};
    }
    return messages;
}

std::string ControlBlock::dictionary_text() const {
    if (rare_ == nullptr)
        return "[]";
    return list_text(rare_->dictionary,
                     [](const auto& entry) { return "{" + entry.first + "," + to_string(entry.second.second) + "}"; });
}

void ControlBlock::free_slot() {
    const std::uint32_t scheduler = scheduler_ != nullptr ? scheduler_->id() : 0;
    if (scheduler_ != nullptr)
        scheduler_->end_slice(*this);
    shown.suspended.set(false);
    shown.blocking.set(false);
    identity_.store(((identity_.load(std::memory_order_relaxed) >> 2U) + 1) << 2U, std::memory_order_release);
    fiber.store(nullptr, std::memory_order_relaxed);
    run_state.store(RunState::unused, std::memory_order_relaxed);
    system_.table().release(*this, scheduler);
}

} // namespace fiberscope::detail
