// SPDX-License-Identifier: BSL-1.0
/// The turns of a process's code, and its waits.
#include "process/life.hpp"

#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "base/thread_wait.hpp"
#include "process/process_system.hpp"
#include "scheduler/scheduler_group.hpp"

#include <algorithm>

namespace fiberscope::detail {

Life::Life(ControlBlock& block, const SpawnOptions& options, Pid parent)
    : relations{block.shown}, block_{block}, linked_parent_{options.link ? parent : Pid{}} {
    if (options.heap_limit.most == 0 && options.message_queue_limit.most == 0)
        return;
    holdings().heap_limit.limit = options.heap_limit;
    holdings().message_queue_limit.limit = options.message_queue_limit;
}

Life::~Life() = default;

Life::Rare& Life::rare() {
    if (rare_ == nullptr)
        rare_ = std::make_unique<Rare>();
    return *rare_;
}

void Life::messages_changed() noexcept {
    block_.shown.message_queue_length.set(static_cast<std::uint32_t>(mailbox.size()));
    block_.shown.mailbox_bytes.set(mailbox.bytes());
}

// -- turns ----

SliceEnd Life::run_slice() {
    if (ending.is_abandoned()) {
        finish();
        return SliceEnd::gone;
    }
    for (;;) {
        handle_signals();
        Turn turn = Turn::ended;
        if (!ending.order())
            turn = code->run(*this);
        else
            ending.set_reason(*ending.order());
        if (block_.scheduler()->has_overflowed(block_)) [[unlikely]]
            turn = end_for_overflow();
        if (turn == Turn::over)
            return SliceEnd::over;
        if (turn == Turn::ended) {
            finish();
            return SliceEnd::gone;
        }
        if (go_waiting(*block_.scheduler()))
            return SliceEnd::gone;
    }
}

/// Leaves the scheduler without frames. False: something has come meanwhile, the slice goes on.
bool Life::go_waiting(Scheduler& scheduler) noexcept {
    if (has_reason_to_wake())
        return false;
    scheduler.end_slice(block_);
    block_.fiber.store(nullptr, std::memory_order_relaxed);
    block_.is_pinned = block_.stays;
    // what comes from elsewhere from here on comes by a poke
    block_.run_state.store(RunState::waiting, std::memory_order_release);
    return true;
}

bool Life::has_reason_to_wake() const noexcept {
    if (!block_.signal_queue.is_empty() && !ending.order()) // with an order to end they are left alone
        return true;
    const bool timed_out = block_.wake_at_ns.load(std::memory_order_relaxed) != never_ns &&
                           block_.timer_entry_ns.load(std::memory_order_seq_cst) == never_ns;
    const bool has_come = awaited_ != nullptr && awaited_->load(std::memory_order_seq_cst);
    return has_come || timed_out;
}

bool Life::is_held() const noexcept {
    return block_.is_suspended() && !ending.order() && !intake.is_handling();
}

void Life::slice_over() {
    note_place();
    abandon_if_overflowed();
    if (ending.stage() >= Ending::Stage::unwinding || unwinds())
        abandon_if_time_is_up();
    const Marked computing{is_computing_};
    if (code_depth.is_pinned()) {
        handle_signals();
        throw_if_ended();
        return;
    }
    if (unwinds())
        return block_.scheduler()->renew_slice(block_);
    if (block_.scheduler()->someone_waits())
        block_.scheduler()->yield(block_, block_.scheduler()->why_over());
    else
        block_.scheduler()->renew_slice(block_);
    handle_signals();
    while (is_held()) {
        park(never_ns);
        handle_signals();
    }
    throw_if_ended();
}

// -- waits ----

/// Where its own code called the runtime.
void Life::note_place() noexcept {
    block_.shown.call_site.set(reinterpret_cast<std::uintptr_t>(code_depth.called_from));
    note_stack_depth();
}

void Life::note_stack_depth() noexcept {
    const Stack& stack = block_.fiber.load(std::memory_order_relaxed)->stack();
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    const auto depth = static_cast<std::uint32_t>(std::min<std::uintptr_t>(stack.high() - here, stack.bytes));
    block_.shown.stack_used_bytes.set(std::max(block_.shown.stack_used_bytes.get(), depth));
}

/// Leaves the scheduler with its frames: comes back when woken.
void Life::park_fiber(Scheduler& scheduler) noexcept {
    note_place();
    if (scheduler.has_overflowed(block_)) [[unlikely]] {
        if (awaited_ == nullptr)
            abandon_if_overflowed();
        scheduler.faults().urge_to_end(false); // others hold addresses of this stack: it ends when they are done
    }
    scheduler.end_slice(block_);
    if (has_reason_to_wake())
        scheduler.begin_slice(block_);
    else {
        scheduler.leaves(block_, false);
        block_.run_state.store(RunState::waiting, std::memory_order_release);
        scheduler.switch_out(block_); // may come back on another scheduler
    }
    Scheduler& now_on = *block_.scheduler();
    if (now_on.has_overflowed(block_)) [[unlikely]] {
        now_on.slice().request_preemption();
        now_on.faults().urge_to_end(true);
    }
}

void Life::park(std::int64_t deadline_ns) {
    if (block_.is_external()) {
        block_.check_caller_may_wait();
        block_.thread().wait(deadline_ns);
        return;
    }
    if (deadline_ns != never_ns)
        block_.scheduler()->arm(block_, deadline_ns);
    else
        block_.no_wake_up(); // a server's idle time may be over: not now
    park_fiber(*block_.scheduler());
    block_.no_wake_up();
}

void Life::run_blocking(BlockingCall& call) {
    if (block_.is_external()) {
        call.run();
        return;
    }
    const ShownWhile is_blocking{block_.shown.blocking, true};
    std::atomic<bool> is_done{false};
    BlockingPool& pool = system().group().blocking_pool();
    const auto job = pool.submit([this, &call, &is_done, alive = system().shared_from_this()] {
        ControlBlock& waiting = block_;
        {
            AllocatingCode function;
            function.runtime_calls = 0;
            function.is_elsewhere = true;
            function.account = waiting.account();
            const Executes executes{function, false};
            call.run();
        }
        is_done.store(true, std::memory_order_seq_cst); // from here on the call, this flag and this life may be gone
        alive->group().wake(waiting);
    });
    // The function uses this stack: whatever happens meanwhile, the process waits for it, once it has begun.
    park_for(is_done, [this, &pool, job] {
        if (!ending.order())
            return true;
        if (!unwinds() && pool.withdraw(job))
            return false;
        if (ending.announce())
            announce_end(*ending.order()); // the function cannot be stopped, but nobody waits for it (X18)
        return true;
    });
    throw_if_ended();
}

/// Not where others hold addresses of this stack, nor where little of it is left: it may not come back, or need much.
bool Life::may_print() const noexcept {
    constexpr std::uintptr_t enough_bytes = 20 * 1024;
    if (awaited_ != nullptr)
        return false;
    if (!is_computing_)
        return true;
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    return here >= block_.fiber.load(std::memory_order_relaxed)->stack().low() + enough_bytes;
}

} // namespace fiberscope::detail
