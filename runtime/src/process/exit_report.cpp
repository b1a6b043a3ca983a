// SPDX-License-Identifier: BSL-1.0
#include "process/exit_report.hpp"

#include "base/code_depth.hpp"
#include "base/message_text.hpp"
#include "base/report_text.hpp"
#include "process/process_system.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::detail {

std::string printed(const MessageSignal& message) {
    const UserCode formatter;
    return message_text(message);
}

std::string printed_with_type(const MessageSignal& message) {
    return short_type_name(message.type->mangled_name) + " " + printed(message);
}

namespace {

constexpr std::size_t most_links = 1000; ///< in a report

/// As Erlang does, a list that is too long ends in `...`.
template <class Range, class Print>
std::string list_text(const Range& range, Print print) {
    std::string text = "[";
    for (const auto& each : range) {
        if (text.size() > longest_report_field)
            return text + ",...]";
        text += (text.size() > 1 ? "," : "") + print(each);
    }
    return text + "]";
}

/// By a limit: which one; empty: it was not.
std::string why_killed(const Life& life, const ExitReason& reason) {
    const Holdings* holdings = life.holdings_or_null();
    return holdings != nullptr && reason == ExitReason::killed() ? holdings->why_killed : std::string{};
}

void count_exit(const Life& life, const ExitReason& reason, bool is_over_limit) {
    ProcessSystem& system = life.system();
    if (Scheduler* scheduler = life.block().scheduler())
        scheduler->counters.exits.add();
    else
        system.outside_exits.fetch_add(1, std::memory_order_relaxed);
    if (life.ending.is_abandoned())
        system.abandoned.fetch_add(1, std::memory_order_relaxed);
    if (is_over_limit)
        system.over_limit.fetch_add(1, std::memory_order_relaxed);
    if (!reason.is_clean() && !reason.term().is_atom("killed"))
        system.crashes.fetch_add(1, std::memory_order_relaxed);
}

/// Threads from outside and the Node's own asynchronous calls are no part of the exit history.
bool is_recorded(const ControlBlock& block, const ExitReason& reason) {
    const bool is_helper = block.shown.has_flag(ProcessRow::system_flag) && reason.is_normal();
    return !block.is_external() && !is_helper;
}

std::vector<const MessageSignal*> first_messages(const Mailbox& mailbox) {
    constexpr std::size_t most_messages = 10;
    std::vector<const MessageSignal*> messages;
    auto at = mailbox.begin();
    for (MessageSignal* each = mailbox.next(at); each != nullptr && messages.size() < most_messages; each = mailbox.next(at)) {
        messages.push_back(each);
        at = {each};
    }
    return messages;
}

std::string dictionary_text(const Life& life) {
    if (life.rare_or_null() == nullptr)
        return "[]";
    return list_text(life.rare_or_null()->dictionary,
                     [](const auto& entry) { return "{" + entry.first + "," + report_text(entry.second.second) + "}"; });
}

std::vector<std::pair<std::string, std::string>> crash_fields(const Life& life) {
    const ControlBlock& block = life.block();
    const Atom name = Atom::from_id(block.shown.name.get());
    std::string label;
    const auto typed = [](const MessageSignal* each) { return printed_with_type(*each); };
    const auto pid_text = [](Pid process) { return to_string(process); };
    return {{LogEntry::initial_call, ""}, // named by who reads it: addresses are not looked up here
            {"pid", to_string(life.pid())},
            {"registered_name", name ? std::string{name.name()} : "[]"},
            {"label", block.copy_label(label) ? label : "[]"},
            {"error_info", report_text(life.ending.reason().term())},
            {"ancestors", list_text(life.system().ancestors_of(life.pid()), pid_text)},
            {"message_queue_len", std::to_string(life.mailbox.size())},
            {"messages", list_text(first_messages(life.mailbox), typed)},
            {"links", list_text(life.relations.linked(most_links), pid_text)},
            {"dictionary", dictionary_text(life)},
            {"trap_exit", life.process().trap_exit() ? "true" : "false"},
            {"status", "running"},
            {"stack_size", std::to_string(block.shown.stack_used_bytes.get())},
            {"reductions", std::to_string(block.shown.reductions.get())}};
}

} // namespace

void record_exit(const Life& life, const ExitReason& reason, Atom name) {
    const ControlBlock& block = life.block();
    std::string over_limit = why_killed(life, reason);
    count_exit(life, reason, !over_limit.empty());
    if (!is_recorded(block, reason))
        return;
    const Shown& shown = block.shown;
    const auto age_ms = static_cast<std::uint64_t>((block.now_ns() - shown.started_ns.get()) / 1'000'000);
    if (reason.is_normal() && !shown.has_flag(ProcessRow::label_flag) && !life.ending.is_abandoned())
        return life.system().events().append(NormalExit{0, block.now_ns(), block.pid(), name, shown.initial_name.get(),
                                                        shown.initial_function.get(), shown.initial_type.get(), age_ms});
    Event event = block.event_of(EventKind::exit);
    event.name = name;
    block.copy_label(event.label);
    event.reason = reason;
    event.note = std::move(over_limit);
    event.abandoned = life.ending.is_abandoned();
    if (life.ending.stack() != nullptr && !reason.is_clean())
        event.stack = *life.ending.stack();
    event.age_ms = age_ms;
    life.system().events().append(std::move(event));
}

void report_crash(const Life& life) {
    auto entry = std::make_shared<LogEntry>();
    entry->level = LogLevel::error;
    entry->pid = life.pid();
    entry->title = "CRASH REPORT";
    entry->fields = crash_fields(life);
    Event event = life.block().event_of(EventKind::log);
    if (life.ending.stack() != nullptr)
        event.stack = *life.ending.stack();
    event.log = std::move(entry);
    life.system().events().append(std::move(event));
}

} // namespace fiberscope::detail
