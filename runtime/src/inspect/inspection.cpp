// SPDX-License-Identifier: BSL-1.0
#include "inspect/function_names.hpp"
#include "inspect/observation.hpp"
#include "inspect/text_page.hpp"
#include "process/plain_code.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>

namespace fiberscope::detail {

namespace {

/// The answers of one call of inspect, as they come.
struct Inquiry {
    std::vector<RawInspection> answers;
    std::atomic<std::size_t> missing;
    bool is_costly; ///< names of a stack are looked up on disk, terms may be large: not on a scheduler
    PageRange range;
    InspectionHandler handler;
    std::weak_ptr<ProcessSystem> system; ///< may be gone when a thread of the blocking pool comes to it

    Inquiry(ProcessSystem& of, std::size_t count, Inspect what, PageRange page, InspectionHandler completion)
        : answers(count), missing{count}, is_costly{has(what, Inspect::stack) || has(what, Inspect::state) ||
                                                    has(what, Inspect::dictionary)},
          range{page}, handler{std::move(completion)}, system{of.weak_from_this()} {}
};

/// **Pre-condition:** called in a catch clause.
void log_failure(ProcessSystem& system, Pid inspected) {
    auto entry = std::make_shared<LogEntry>();
    entry->level = LogLevel::error;
    entry->pid = inspected;
    entry->title = "INSPECTION HANDLER FAILED";
    entry->fields = {{"reason", to_string(reason_of_current_exception())}};
    system.log(std::move(entry));
}

/// The handler is the asker's, and runs wherever the last answer came from: what it throws is its own affair, not the end
/// of the process that happened to answer. Others may hold addresses of that one's stack, so it is not interrupted there.
void call(const InspectionHandler& handler, std::vector<Inspection> result, const std::weak_ptr<ProcessSystem>& system) {
    const Pid inspected = result.empty() ? Pid{} : result.front().pid;
    try {
        handler(std::move(result));
    } catch (...) {
        if (const auto alive = system.lock())
            log_failure(*alive, inspected);
    }
}

void print_terms(RawInspection& answer, PageRange range) {
    constexpr std::size_t longest_value = 4096;
    for (const auto& [key, value] : answer.dictionary_terms)
        answer.dictionary.emplace_back(key, to_string(value, longest_value));
    if (!answer.state_term)
        return;
    TextPage page = page_of_lines(to_string(*answer.state_term), range);
    answer.state = std::move(page.text);
    answer.state_lines = page.lines;
}

void hand_over(Inquiry& inquiry) {
    std::vector<Inspection> result;
    result.reserve(inquiry.answers.size());
    for (RawInspection& answer : inquiry.answers) {
        if (!answer.frames.empty())
            answer.stack = FunctionNames::instance().frames_of(answer.frames);
        print_terms(answer, inquiry.range);
        result.push_back(std::move(answer));
    }
    call(inquiry.handler, std::move(result), inquiry.system);
}

void complete(ProcessSystem& system, const std::shared_ptr<Inquiry>& inquiry) {
    if (inquiry->missing.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
    if (!inquiry->is_costly)
        return hand_over(*inquiry);
    try {
        system.group().blocking_pool().submit([inquiry] { hand_over(*inquiry); });
    } catch (const std::exception&) { // no thread, or no memory for it: without stacks
        for (RawInspection& answer : inquiry->answers)
            answer.frames = {};
        hand_over(*inquiry);
    }
}

} // namespace

void inspect_processes(ProcessSystem& system, const std::vector<Pid>& processes, Inspect what, PageRange range,
                       InspectionHandler handler) {
    if (processes.empty())
        return call(handler, {}, system.weak_from_this());
    constexpr std::size_t most_entries = 100;
    range.count = std::min(range.count, most_entries);
    auto inquiry = std::make_shared<Inquiry>(system, processes.size(), what, range, std::move(handler));
    for (std::size_t i = 0; i < processes.size(); ++i) {
        auto done = [&system, inquiry, what, i](RawInspection answer) {
            if (has(what, Inspect::ancestors))
                answer.ancestors = system.ancestors_of(answer.pid);
            inquiry->answers[i] = std::move(answer);
            complete(system, inquiry);
        };
        system.send(processes[i], std::make_unique<InspectSignal>(what, range, std::move(done)));
    }
}

} // namespace fiberscope::detail
