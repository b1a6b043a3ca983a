// SPDX-License-Identifier: BSL-1.0
#include "process/call_cycle.hpp"

#include "process/pending_reply.hpp"
#include "process/process_system.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace fiberscope::detail {

namespace {

/// The circle that the calls from `first` on lead into, its lowest pid first; empty: they lead into none.
std::vector<Pid> find_cycle(const ProcessSystem& system, Pid first) {
    constexpr std::size_t longest = 256;
    std::vector<Pid> waiting;
    for (Pid next = first; next && waiting.size() < longest;) {
        const auto met = std::find(waiting.begin(), waiting.end(), next);
        if (met != waiting.end()) {
            std::vector<Pid> cycle{met, waiting.end()};
            std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
            return cycle;
        }
        waiting.push_back(next);
        const ControlBlock* block = system.table().find(next);
        next = block != nullptr ? Pid::from_bits(block->shown.calls.get()) : Pid{};
    }
    return {};
}

/// With its pid, but where its registered name says who it is.
std::string text_of(const ProcessSystem& system, Pid pid) {
    const ControlBlock* block = system.table().find(pid);
    const std::string name = block != nullptr ? block->name() : std::string{};
    if (name.empty())
        return to_string(pid);
    return block->shown.name.get() != 0 ? name : name + " " + to_string(pid);
}

void report_call_cycle(const ControlBlock& block, bool is_over) {
    ProcessSystem& system = block.system();
    const std::string cycle = call_cycle(system, block.pid());
    if (cycle.empty())
        return;
    auto entry = std::make_shared<LogEntry>();
    entry->level = LogLevel::warning;
    entry->pid = block.pid();
    entry->title = "CALL CYCLE";
    entry->fields = {{"calls", cycle},
                     {"caller", text_of(system, block.pid())},
                     {"outcome", is_over ? "the call of this caller has timed out" : "the call of this caller waits on"}};
    system.log(std::move(entry));
}

} // namespace

/// One look could join calls of different times: a caller that was answered may be called by who answered it. What two
/// looks see alike has waited from the first to the second.
std::string call_cycle(const ProcessSystem& system, Pid first) {
    const std::vector<Pid> cycle = find_cycle(system, first);
    if (cycle.empty() || find_cycle(system, first) != cycle)
        return {};
    std::string text;
    for (const Pid pid : cycle)
        text += text_of(system, pid) + " -> ";
    return text + text_of(system, cycle.front());
}

std::optional<Result<std::unique_ptr<MessageSignal>>> await_reply(Life& caller, PendingReply& reply, Pid server,
                                                                  Duration timeout) {
    constexpr Duration patience = std::chrono::seconds{5}; // the default timeout of calls
    const ShownWhile calls{caller.block().shown.calls, server.bits()};
    auto answer = reply.wait(std::min(timeout, patience));
    if (answer || caller.unwinds())
        return answer;
    report_call_cycle(caller.block(), timeout <= patience);
    if (timeout <= patience)
        return std::nullopt;
    return reply.wait(timeout == infinity ? infinity : timeout - patience);
}

} // namespace fiberscope::detail
