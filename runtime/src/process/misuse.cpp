// SPDX-License-Identifier: BSL-1.0
/// What happens where a `Process&` is used by somebody else than its process: in a function that runs in the blocking pool,
/// in a thread, in a child that has captured its parent's.
#include "base/code_depth.hpp"
#include "process/process_system.hpp"
#include "scheduler/stack_sample.hpp"

#include <limits>

namespace fiberscope::detail {

namespace {

constexpr const char* what_is_wrong = "Process& used outside its own process";

/// Where the calling thread is.
RawStack stack_here(const Process* caller) {
    StackSpan span{0, std::numeric_limits<std::uintptr_t>::max()};
    if (caller != nullptr)
        span = ProcessAccess::block(*caller).fiber.load(std::memory_order_relaxed)->frames();
    StackSample sample;
    unwind_frames(span, sample);
    return sample.raw();
}

} // namespace

/// An external process is used by threads, one at a time, which nobody can tell apart from a wrong one.
void ControlBlock::check_foreign_caller() {
    if (!is_external())
        refuse_caller();
}

void ControlBlock::check_caller_may_wait() {
    Process* const caller = current_process();
    if (caller != nullptr && &ProcessAccess::block(*caller).system() == &system_)
        refuse_caller();
}

void ControlBlock::refuse_caller() {
    const RuntimeCall in_runtime;
    const Process* caller = current_process();
    const Pid caller_pid = caller != nullptr ? caller->pid() : Pid{};
    auto entry = std::make_shared<LogEntry>();
    entry->level = LogLevel::error;
    entry->pid = caller != nullptr ? caller_pid : pid();
    entry->title = what_is_wrong;
    entry->fields = {
        {"process", to_string(pid())},
        {"used_by", caller != nullptr ? to_string(caller_pid) : "a thread that is no process (blocking, std::thread)"}};
    Event event;
    event.kind = EventKind::log;
    event.pid = entry->pid;
    event.stack = stack_here(caller);
    event.log = std::move(entry);
    system_.events().append(std::move(event));
    throw Error{Term::tuple({Term::atom("badarg"), Term::string(what_is_wrong)})};
}

} // namespace fiberscope::detail
