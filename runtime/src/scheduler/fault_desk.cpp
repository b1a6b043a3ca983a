// SPDX-License-Identifier: BSL-1.0
#include "scheduler/fault_desk.hpp"

#include "base/code_depth.hpp"
#include "scheduler/program_code.hpp"

#include <algorithm>

namespace fiberscope::detail {

namespace {

/// What ending a process takes of its stack.
constexpr std::uintptr_t room_to_end = 24 * 1024;

/// The process's own code is running, so it can be ended there: the runtime is not in the middle of anything.
bool is_process_code(std::uintptr_t pc) noexcept {
    return code_depth.is_user_code() && !preemption_signal::is_on_its_way(pc);
}

} // namespace

// -- in the signal handler: nothing here may allocate or lock ----

FaultAnswer FaultDesk::take_fault(const Fault& fault) noexcept {
    Schedulable* process = slice_.process();
    if (process == nullptr)
        return FaultAnswer::crash;
    PooledFiber& fiber = *process->fiber.load(std::memory_order_relaxed);
    const Stack& stack = fiber.stack();
    InterruptedCode code = fault.code;
    if (fault.is_fetch && fault.code.sp >= stack.low() && fault.code.sp < stack.high())
        code.pc = *reinterpret_cast<const std::uintptr_t*>(fault.code.sp) - 1; // who called what is no code
    const bool may_end = is_process_code(code.pc);
    if (fault.signal == SIGSEGV && stack.is_guard(fault.address))
        return take_overflow(fault, fiber, may_end && program_code::is_own(code.pc));
    if (!traps_faults_ || !may_end)
        return FaultAnswer::crash;
    const Interruption interruption = sample(code, fiber, stack_);
    if (!program_code::is_own(code.pc) && !interruption.is_lockless)
        return FaultAnswer::crash;
    forced_end_ = {fault.signal, fault.address};
    return FaultAnswer::end_process;
}

/// In the program's own code the process ends at once. A library may hold locks and must return first: it gets the half of
/// the zone, and if it calls back and that goes deeper still, the rest, one instruction after the other.
FaultAnswer FaultDesk::take_overflow(const Fault& fault, PooledFiber& fiber, bool is_own_code) noexcept {
    const Stack& stack = fiber.stack();
    Interruption interruption;
    if (fiber.zone() == Zone::closed) {
        forced_end_ = {};
        interruption = sample(fault.code, fiber, stack_);
    }
    if (is_own_code)
        return FaultAnswer::end_process; // `place_to_end` opens the zone
    if (fault.address < stack.zone_low() || fiber.zone() == Zone::open)
        return FaultAnswer::crash;
    slice_.request_preemption(); // a runtime call ends it at its safe point, ...
    urging_timer_->arm();        // ... this wherever its own code goes on, ...
    if (fiber.zone() == Zone::half || fault.address < stack.zone_middle()) {
        open_zone(fiber, Zone::open);
        steps_ = 0;
        return FaultAnswer::step;
    }
    open_zone(fiber, Zone::half);
    if (code_depth.is_user_code())
        fault_signal::end_at_return(interruption); // ... and this a library at its return
    return FaultAnswer::go_on;
}

FaultAnswer FaultDesk::take_step(const InterruptedCode& code) noexcept {
    constexpr std::uint32_t most_steps = 100'000; // one that takes so long will not need the rest of the zone at once
    if (is_to_end(code))
        return FaultAnswer::end_process;
    return ++steps_ < most_steps ? FaultAnswer::step : FaultAnswer::go_on;
}

bool FaultDesk::is_to_end(const InterruptedCode& code) noexcept {
    const Schedulable* process = slice_.process();
    if (process == nullptr || !is_process_code(code.pc) || !program_code::is_own(code.pc))
        return false;
    const PooledFiber& fiber = *process->fiber.load(std::memory_order_relaxed);
    const Stack& stack = fiber.stack();
    const bool is_below = !stack.is_guarded && stack.contains(code.sp) && code.sp < stack.low();
    if (fiber.zone() != Zone::closed || !is_below)
        return fiber.zone() != Zone::closed;
    forced_end_ = {};
    sample(code, fiber, stack_);
    return true;
}

std::uintptr_t FaultDesk::place_to_end(std::uintptr_t sp) noexcept {
    PooledFiber& fiber = *slice_.process()->fiber.load(std::memory_order_relaxed);
    const Stack& stack = fiber.stack();
    if (fiber.zone() != Zone::open)
        open_zone(fiber, Zone::open);
    const bool has_room = sp >= stack.zone_low() + room_to_end && sp < stack.high();
    return has_room ? sp : stack.low(); // frames there are given up anyhow
}

void FaultDesk::describe(Crash& crash) const noexcept {
    crash.process = slice_.process();
    if (crash.process == nullptr) {
        crash.stack.add(crash.fault.code.pc + 1);
        return;
    }
    crash.was_process_code = code_depth.is_user_code();
    sample(crash.fault.code, *crash.process->fiber.load(std::memory_order_relaxed), crash.stack);
}

/// By the unwinder, where that may be used. Else it follows the frame pointers; libraries keep none: in one of them, the
/// walk begins where the stack first shows a call from the program's own code.
Interruption FaultDesk::sample(const InterruptedCode& code, const PooledFiber& fiber, StackSample& sample) noexcept {
    sample.clear();
    const Stack& stack = fiber.stack();
    const StackSpan span{std::max(code.sp, stack.low()), fiber.frames().high};
    const Interruption found = fault_signal::look_through(code, span, sample);
    if (found.is_seen)
        return found;
    sample.clear();
    sample.add(code.pc + 1); // the others are return addresses: all are looked up one byte lower
    if (!stack.contains(code.sp))
        return {}; // a stack of the program's own making: nothing is known of it
    std::uintptr_t frame = code.frame;
    if (!program_code::is_own(code.pc)) {
        const std::uintptr_t call = find_word(span, &program_code::is_own);
        if (call < span.high)
            sample.add(*reinterpret_cast<const std::uintptr_t*>(call));
        frame = find_frame({call + sizeof(std::uintptr_t), span.high}, &program_code::is_own);
    }
    walk_frames(frame, span, sample);
    return {};
}

void FaultDesk::open_zone(PooledFiber& fiber, Zone part) noexcept {
    const Stack& stack = fiber.stack();
    fiber.set_zone(part);
    stacks_.open_zone(stack, part == Zone::half ? stack.zone_middle() : stack.zone_low());
}

// -- outside of it ----

void FaultDesk::close_zone(PooledFiber& fiber) noexcept {
    urging_timer_->disarm();
    fiber.set_zone(Zone::closed);
    stack_.clear();
    stacks_.close_zone(fiber.stack());
}

} // namespace fiberscope::detail
