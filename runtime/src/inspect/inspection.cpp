// SPDX-License-Identifier: BSL-1.0
#include "inspect/function_names.hpp"
#include "inspect/observation.hpp"
#include "process/plain_code.hpp"

#include <atomic>
#include <exception>
#include <memory>

namespace fiberscope::detail {

namespace {

/// The answers of one call of inspect, as they come.
struct Inquiry {
    std::vector<RawInspection> answers;
    std::atomic<std::size_t> missing;
    bool has_stacks;
    InspectionHandler handler;
    std::weak_ptr<ProcessSystem> system; ///< may be gone when a thread of the blocking pool comes to it

    Inquiry(ProcessSystem& of, std::size_t count, bool with_stacks, InspectionHandler completion)
        : answers(count), missing{count}, has_stacks{with_stacks}, handler{std::move(completion)}, system{of.weak_from_this()} {}
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

void hand_over(Inquiry& inquiry) {
    std::vector<Inspection> result;
    result.reserve(inquiry.answers.size());
    for (RawInspection& answer : inquiry.answers) {
        if (!answer.frames.empty())
            answer.stack = FunctionNames::instance().frames_of(answer.frames);
        result.push_back(std::move(answer));
    }
    call(inquiry.handler, std::move(result), inquiry.system);
}

void complete(ProcessSystem& system, const std::shared_ptr<Inquiry>& inquiry) {
    if (inquiry->missing.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
    if (!inquiry->has_stacks)
        return hand_over(*inquiry);
    try {
        // names are looked up on disk: not on a scheduler
        system.group().blocking_pool().submit([inquiry] { hand_over(*inquiry); });
    } catch (const std::exception&) { // no thread, or no memory for it: without stacks
        for (RawInspection& answer : inquiry->answers)
            answer.frames = {};
        hand_over(*inquiry);
    }
}

} // namespace

void inspect_processes(ProcessSystem& system, const std::vector<Pid>& processes, Inspect what, MessageRange range,
                       InspectionHandler handler) {
    if (processes.empty())
        return call(handler, {}, system.weak_from_this());
    auto inquiry = std::make_shared<Inquiry>(system, processes.size(), has(what, Inspect::stack), std::move(handler));
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
