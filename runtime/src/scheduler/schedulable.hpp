// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"
#include "base/counter.hpp"

#include <fiberscope/preemption.hpp>
#include <fiberscope/priority.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace fiberscope::detail {

class PooledFiber;
class Scheduler;

/// Where a Schedulable sits.
enum class RunState : std::uint8_t {
    unused,   ///< nowhere: it has not been handed to a scheduler
    waiting,  ///< in no queue; `wake` moves it on
    runnable, ///< in a run queue or on its way into one
    running,  ///< a scheduler executes it
};

/// How a slice came to its end.
enum class SliceEnd : std::uint8_t {
    gone, ///< it waits or has ended: another thread may hold it already, so nobody touches it after this
    over, ///< its budget is used up and it has more to do: back of the queue
};

/// What a process cannot go on after.
struct ForcedEnd {
    int signal = 0;             ///< of a hardware fault; 0: its stack is used up
    std::uintptr_t address = 0; ///< what the fault was about
};

/// What schedulers run: all that this floor knows of a process.
class Schedulable {
public:
    Schedulable() = default;
    Schedulable(const Schedulable&) = delete;
    Schedulable& operator=(const Schedulable&) = delete;

    /// Runs on `fiber` until it waits without needing the fiber, has ended, or its slice is over.
    /// A body that parks in the middle stays in here: then `fiber` is bound until it returns, and the scheduler may be another
    /// one.
    virtual SliceEnd run_slice() = 0;
    /// The scheduler is about to execute it, on its own fiber.
    virtual void slice_begins(Scheduler& scheduler) noexcept = 0;
    /// It has run for `ran_ns` and used `reductions` since its slice began, or since the last call of this.
    virtual void account(std::int64_t ran_ns, std::uint64_t reductions) noexcept = 0;
    /// It leaves the scheduler's thread.
    virtual void slice_ends() noexcept = 0;
    /// What the observer shows as running.
    virtual std::uint64_t id_bits() const noexcept = 0;
    /// The preemption signal came while its own code ran: called on its stack, as if its code had called it. Gives way if
    /// somebody waits; does not come back if the process is to be abandoned.
    virtual void interrupted(Scheduler& scheduler) noexcept = 0;
    /// Its code has called what would suspend its fiber behind the scheduler's back: it cannot go on. Called on its stack, or
    /// (false) on another; it is to end when it is run again.
    virtual void end_in_foreign_switch(bool is_on_its_stack) noexcept = 0;
    /// There is no stack to run it on: it is to end in its next slice, which it gets on one that it has to give back. Called
    /// on its scheduler's thread, while it does not run.
    virtual void end_without_stack() noexcept = 0;
    /// It cannot go on: called on its stack, in the place of its code. Does not come back.
    virtual void end_by_force(Scheduler& scheduler, const ForcedEnd& end) noexcept = 0;

    /// Written by the owner.
    std::atomic<RunState> run_state{RunState::unused};
    /// The class of its queue. Written by the process, read by whoever queues it.
    std::atomic<Priority> priority{Priority::normal};
    /// Turns that it was passed over while low (rule F02). Owning scheduler.
    std::uint8_t low_turns_missed = 0;
    /// It has not run yet. Set before its first queueing, cleared by the scheduler that begins it.
    bool is_new = false;
    /// Next in a run queue or inbox. Whoever holds it.
    Schedulable* queue_next = nullptr;
    /// The fiber that holds its frames; nullptr if it has none. Owner.
    std::atomic<PooledFiber*> fiber{nullptr};
    /// Where its innermost frame lies while it is parked in the middle of its body. Owner.
    std::uintptr_t innermost_frame = 0;
    /// It will run soon: has its frames, which may have left the caches since it parked, fetched meanwhile. Owner.
    void fetch_frames() const noexcept {
        constexpr std::intptr_t line_bytes = 64;
        constexpr std::intptr_t lines_below = 3; // what the switch has saved
        constexpr std::intptr_t lines_above = 6; // of those who parked
        if (fiber.load(std::memory_order_relaxed) != nullptr)
            for (std::intptr_t line = -lines_below; line < lines_above; ++line)
                __builtin_prefetch(
                    reinterpret_cast<const void*>(innermost_frame + static_cast<std::uintptr_t>(line * line_bytes)));
    }
    /// Its owner: the scheduler that runs it, or on which it waits or is queued; nullptr: it has not been submitted, or is
    /// external. Only its owner touches what says so, and makes it runnable. Written by the owner, by a thief under the lock of
    /// the owner's queue, and by who adopts it from an owner that sleeps.
    std::atomic<Scheduler*> home{nullptr};
    /// It stays where it has begun (SpawnOptions::pin). Written before its first queueing.
    bool stays = false;
    /// It is not to be taken over now: it stays, or frames bind it to the thread (an interruption by a signal, a NoPreempt scope,
    /// an open guard zone). Written by the owner while it runs.
    bool is_pinned = false;
    /// It waits or is queued while its thread is still on its stack. Set by the owner, cleared by whom that runs next.
    std::atomic<bool> is_leaving{false};
    /// Another scheduler may take it over. **Pre-condition:** it is queued or waits.
    bool may_move() const noexcept { return !is_pinned && !is_leaving.load(std::memory_order_acquire); }
    /// It comes from another scheduler, which was restless. Owner.
    bool was_passed_on = false;
    /// It stands in some scheduler's list of those to look at.
    std::atomic<bool> is_poked{false};
    /// Next in that list. Whoever has set is_poked.
    Schedulable* poke_next = nullptr;
    /// Address space of its stack.
    std::size_t stack_bytes = 0;
    /// How it wants to be preempted; nothing: as its Node does. Written before its first queueing, then by itself.
    std::optional<Preemption> preemption;

    /// An exit or suspend signal waits that wants to be seen soon, or it is to end and has not done so yet. Set by who
    /// sends it, and by the process; cleared by the process before it looks at its signals.
    std::atomic<bool> is_wanted{false};
    Counter32 preemptions;                ///< slices that were taken from it: by flag or signal. Its scheduler
    Counter32 refusals;                   ///< signals that found it where it cannot be interrupted. Signal handler
    Counter<std::int64_t> longest_run_ns; ///< without giving way. Its scheduler

    /// When it wants to be woken if nothing else wakes it; never_ns: not at all. Written by the process.
    std::atomic<std::int64_t> wake_at_ns{never_ns};
    /// The time of the one live entry that stands for it in some scheduler's timer queue; never_ns: none.
    std::atomic<std::int64_t> timer_entry_ns{never_ns};

    /// Another process begins here. **Thread:** whoever spawns it.
    void begin(Priority its_priority, std::size_t its_stack_bytes, bool is_to_stay, std::optional<Preemption> its_preemption) {
        priority.store(its_priority, std::memory_order_relaxed);
        stack_bytes = its_stack_bytes;
        stays = is_to_stay;
        preemption = its_preemption;
        low_turns_missed = 0;
        is_pinned = false;
        home.store(nullptr, std::memory_order_relaxed);
        is_wanted.store(false, std::memory_order_relaxed);
        wake_at_ns.store(never_ns, std::memory_order_seq_cst);
        preemptions.set(0);
        refusals.set(0);
        longest_run_ns.set(0);
    }
    /// It is not to be woken for the time any more. **Thread:** its own.
    void no_wake_up() noexcept {
        if (wake_at_ns.load(std::memory_order_relaxed) != never_ns)
            wake_at_ns.store(never_ns, std::memory_order_seq_cst);
    }

protected:
    ~Schedulable() = default;
};

} // namespace fiberscope::detail
