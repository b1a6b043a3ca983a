// SPDX-License-Identifier: BSL-1.0
#include "inspect/function_names.hpp"
#include "inspect/observation.hpp"

#include <atomic>
#include <memory>

namespace fiberscope::detail {

namespace {

/// The answers of one call of inspect, as they come.
struct Inquiry {
    std::vector<RawInspection> answers;
    std::atomic<std::size_t> missing;
    bool has_stacks;
    InspectionHandler handler;

    Inquiry(std::size_t count, bool with_stacks, InspectionHandler completion)
        : answers(count), missing{count}, has_stacks{with_stacks}, handler{std::move(completion)} {}
};

void hand_over(Inquiry& inquiry) {
    std::vector<Inspection> result;
    result.reserve(inquiry.answers.size());
    for (RawInspection& answer : inquiry.answers) {
        answer.stack = FunctionNames::instance().program_frames(answer.frames);
        result.push_back(std::move(answer));
    }
    inquiry.handler(std::move(result));
}

void complete(ProcessSystem& system, const std::shared_ptr<Inquiry>& inquiry) {
    if (inquiry->missing.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
    if (inquiry->has_stacks) // names are looked up on disk: not on a scheduler
        system.group().blocking_pool().submit([inquiry] { hand_over(*inquiry); });
    else
        hand_over(*inquiry);
}

} // namespace

void inspect_processes(ProcessSystem& system, const std::vector<Pid>& processes, Inspect what, MessageRange range,
                       InspectionHandler handler) {
    if (processes.empty())
        return handler({});
    auto inquiry = std::make_shared<Inquiry>(processes.size(), has(what, Inspect::stack), std::move(handler));
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
