// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/dispatch_clock.hpp"
#include "base/signal_memory.hpp"
#include "base/thread_wait.hpp"
#include "scheduler/adoption_gate.hpp"
#include "scheduler/fault_desk.hpp"
#include "scheduler/fiber_shelf.hpp"
#include "scheduler/inbox.hpp"
#include "scheduler/run_queue.hpp"
#include "scheduler/scheduler_counters.hpp"
#include "scheduler/thrown_stacks.hpp"
#include "scheduler/timer_queue.hpp"
#include "scheduler/watched_slice.hpp"
#include "scheduler/work_time.hpp"

#include <fiberscope/snapshot.hpp>

#include <atomic>
#include <cstdint>
#include <optional>

namespace boost::fibers {
class context;
}

namespace fiberscope::detail {

class SchedulerGroup;

/// One thread that runs processes, one at a time, each for a slice.
/// **Thread:** the owning thread, but for the part marked "any thread".
/// How a dispatch goes: `pick` takes the next process from the run queue; if it holds frames its fiber is resumed, else
/// a pooled fiber runs it. A process that parks calls `switch_out`, which picks again. See runtime/README.md.
class Scheduler {
public:
    Scheduler(SchedulerGroup& group, std::uint32_t id);
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;
    ~Scheduler();

    /// The scheduler whose thread this is, or nullptr. Another one after a process has waited: never keep it over a switch.
    static Scheduler* current() noexcept;
    /// What the thread does, from its start to the stop of its group. Tells the group once all is there that it needs.
    /// **Errors:** std::system_error, std::bad_alloc if that cannot be had; then nothing is left behind.
    void run();

    // -- any thread ----

    std::uint32_t id() const noexcept { return id_; }
    SchedulerGroup& group() const noexcept { return group_; }
    /// Takes over a process that is runnable and in no queue: directly on the own thread, else through the inbox.
    void enqueue(Schedulable& process) noexcept;
    /// Has this scheduler, its owner, look whether `process` is to be woken.
    void poke(Schedulable& process) noexcept;
    /// `to` owns `process` from now on. **Pre-condition:** nobody else can look at it: the lock of the owner's queue is held, or
    /// the owner sleeps and this thread has the right to take from it, or it is in no queue and does not wait.
    static void changes_hands(Schedulable& process, Scheduler& to) noexcept;
    /// Runs `request` on this thread, between two slices.
    void post(Inbox::Request request);
    /// Ends the sleep of an idle scheduler.
    void notify() noexcept;
    /// The running slice, as others see it and ask it to end.
    WatchedSlice& slice() noexcept { return slice_; }
    const WatchedSlice& slice() const noexcept { return slice_; }
    /// Nanoseconds that `slice` has worked so far; not more than its thread had.
    std::int64_t worked_ns(const RunningSlice& slice) const noexcept;
    /// When the next of its timers is due.
    std::int64_t next_timer_ns() const noexcept { return timers_.next_ns(); }
    /// Somebody waits for this scheduler: a process in its queue, a timer, a request.
    bool is_waited_for(std::int64_t now_ns) const noexcept;
    /// May its running process be interrupted by a signal?
    bool may_signal(const Schedulable& process) const noexcept;
    /// Interrupts `slice`, if it still runs and can be. With `wants_stack` a refusal answers the stack request.
    void send_signal(const RunningSlice& slice, bool wants_stack) noexcept;
    /// Its thread does not get to what others gave and woke here: what may move goes to another scheduler.
    void rescue_work() noexcept;
    bool is_asleep() const noexcept;
    /// Asleep, about to sleep, or not begun yet: what is queued here runs at once.
    bool is_idle() const noexcept { return idle_.load(std::memory_order_relaxed); }
    /// Changes at each wake-up.
    std::uint64_t wake_ups() const noexcept { return counters.wake_ups.get(); }
    bool has_pending() const noexcept { return inbox_.has_any(); }
    bool is_online() const noexcept { return online_.load(std::memory_order_relaxed); }
    void set_online(bool online);
    std::uint32_t queue_length() const noexcept;
    RunQueue& queue() noexcept { return queue_; }
    SchedulerRow row() const;

    // -- owning thread: what a process uses ----

    /// The time of the last dispatch, nanoseconds.
    std::int64_t now_ns() const noexcept { return now_ns_; }
    /// Takes `reductions` from the slice's budget. True: the slice is over.
    bool charge(std::int32_t reductions) noexcept {
        reductions_left_ -= reductions;
        return reductions_left_ <= 0 || slice_.is_to_give_way() || is_below_stack();
    }
    /// The running process has no guard below its stack, and has come there.
    bool is_below_stack() const noexcept { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) < unguarded_low_; }
    /// The running process is about to wait or to be queued with its frames on this thread's stack: says whether it may be taken
    /// over once they are left.
    void leaves(Schedulable& process, bool is_interrupted) noexcept;
    /// The running process, bound to its fiber, gives its turn back: runs others until it is picked again, here or elsewhere.
    /// **Pre-condition:** `leaves` was called, and it is waiting (its run_state says so) or stands in a queue.
    void switch_out(Schedulable& process) noexcept;
    /// Wakes a process of this scheduler, or of one that sleeps, which it takes over. False: neither.
    bool wake_here(Schedulable& process) noexcept;
    /// Makes `process` runnable and queues it if it waits. **Pre-condition:** this scheduler owns it and holds its queue's lock.
    bool make_runnable(Schedulable& process) noexcept {
        if (process.run_state.load(std::memory_order_relaxed) != RunState::waiting)
            return false;
        process.run_state.store(RunState::runnable, std::memory_order_relaxed);
        queue_.push_locked(process);
        process.fetch_frames();
        return true;
    }
    /// Takes over a waiting process of a scheduler that sleeps. True: it is this scheduler's.
    bool adopt(Schedulable& process) noexcept;
    /// Somebody waits behind the running process now: the monitor is to look.
    void watch_if_busy() noexcept;
    /// The running process goes to the back of the queue.
    void yield(Schedulable& process, SliceOver why) noexcept;
    /// Why the slice is over, as `charge` said.
    SliceOver why_over() const noexcept { return reductions_left_ <= 0 ? SliceOver::budget : SliceOver::flag; }
    /// Gives up the frames of the running process: it is never resumed there, no destructor runs, its stack is taken
    /// back. It is dispatched once more at once, on a stack of its own, to end.
    [[noreturn]] void abandon(Schedulable& process) noexcept;
    /// True if somebody waits for this scheduler, after a look at the inbox and the timers.
    bool someone_waits() noexcept;
    /// A slice goes on with a new budget, since nobody waits.
    void renew_slice(Schedulable& process) noexcept;
    /// Ends the slice of a process that leaves without a switch (it waits without frames, or has ended).
    void end_slice(Schedulable& process) noexcept;
    /// Begins a slice anew for a process that found work while it was leaving.
    void begin_slice(Schedulable& process) noexcept;
    /// Wakes `process` at `at_ns` unless its wake_at_ns has moved on by then.
    /// **Errors:** std::bad_alloc; then nothing has changed.
    void arm(Schedulable& process, std::int64_t at_ns);
    TimerQueue& timers() noexcept { return timers_; }

    SchedulerCounters counters;

    /// The running process has come below the low end of its stack, and must not go on.
    bool has_overflowed(const Schedulable& process) const noexcept;
    FaultDesk& faults() noexcept { return faults_; }
    /// A costly look at a stack is due: not too many a second.
    bool may_unwind() noexcept;
    ThrownStacks& thrown_stacks() noexcept { return thrown_stacks_; }

    // -- owning thread: for its signal handlers ----

    /// Is this a place where the running process can be interrupted? Counts refusals.
    bool may_interrupt(const InterruptedCode& code) noexcept;
    /// What a report about the end of the program says.
    void describe(Crash& crash) const noexcept;
    /// In the injected call.
    void interrupted() noexcept;
    /// In place of the code that cannot go on.
    [[noreturn]] void end_by_force() noexcept;

    // -- owning thread: for the fibers ----

    /// Runs `work` and then others that need no switch, on this fiber, until none is left for it. Returns the scheduler that the
    /// fiber is on then: the last one may have waited in the middle, and gone on elsewhere.
    static Scheduler& run_on(PooledFiber& fiber, Schedulable* work) noexcept;
    void set_dispatcher(boost::fibers::context* context) noexcept { dispatcher_ = context; }
    /// The fiber waits for an assignment. False: it is to end.
    bool park_idle(PooledFiber& fiber) noexcept;
    /// Boost has a context that may run: none of ours.
    void meet_foreign(boost::fibers::context* context) noexcept;
    /// A process runs: what comes from Boost now is a call of its own.
    bool is_running_process() const noexcept { return slice_.process() != nullptr; }
    /// The running process is about to be suspended by a call of its own: it will not be resumed, but ends.
    void end_at_foreign_switch() noexcept;
    /// The running process is about to change what Boost does here: it ends before.
    [[noreturn]] void end_before_foreign_change() noexcept;
    /// Whom to run next; nullptr: the dispatcher, which will call `idle`.
    boost::fibers::context* next_context() noexcept;
    /// What a sanitizer is told: this thread goes to `fiber`, or (nullptr) to Boost's dispatcher or the main context.
    void switch_begins(const PooledFiber* fiber) noexcept;
    void switch_ended() noexcept;
    /// Sleeps until there may be something to do.
    void idle() noexcept;

private:
    // the thread's life
    void live();
    void end_fibers() noexcept;
    bool is_done() const noexcept; ///< the group stops and nothing is left to run

    // dispatch
    Schedulable* pick() noexcept;
    void choose(Schedulable* next) noexcept;
    void switch_to(Schedulable* next) noexcept;
    boost::fibers::context* context_for(Schedulable& process) noexcept;
    void account(Schedulable& process) noexcept;
    void count_preemption(Schedulable& process, SliceOver why) noexcept;
    void lose_fiber(Schedulable& process) noexcept;
    void bury() noexcept;
    void requeue_those_without_fiber() noexcept;
    std::int64_t thread_time_now_ns() const noexcept;

    // what it is given, takes and leaves, scheduler_work.cpp
    void alert() noexcept;
    void drain_inbox() noexcept;
    void drain_pokes() noexcept;
    void run_requests();
    ReadyList take_woken(Scheduler& taker) noexcept;
    void give_to(Scheduler& taker, std::uint32_t most) noexcept;
    Schedulable* steal() noexcept;
    void share_work() noexcept;
    void hand_over_movable() noexcept;
    bool has_spare() const noexcept;
    bool may_steal() const noexcept;
    bool pass_on(Schedulable& process) noexcept;

    // time and sleep, scheduler_time.cpp
    void fire_timers() noexcept;
    void fire(const TimerQueue::Entry& entry) noexcept;
    void release() noexcept;
    bool is_there_work() const noexcept;
    bool others_have_spare() const noexcept;
    std::int64_t next_look_ns() const noexcept;
    void spin() const noexcept;
    void sleep_until(std::int64_t at_ns) noexcept;

    SchedulerGroup& group_;
    const std::uint32_t id_;
    RunQueue queue_;
    TimerQueue timers_;

    // the running slice
    std::int32_t reductions_left_ = 0;
    std::uintptr_t unguarded_low_ = 0; ///< low end of the running process's stack; 0: it is guarded
    WatchedSlice slice_;
    std::int64_t now_ns_;
    std::int64_t run_ns_ = 0;     ///< that the running process has worked without giving way, to the last renewal of its slice
    std::uint32_t last_used_ = 0; ///< reductions of the slice that ended last
    DispatchClock clock_;
    WorkTime work_time_;

    // from other threads
    Inbox inbox_;
    AdoptionGate gate_;
    std::atomic<bool> online_{true}; ///< written by the group
    std::atomic<bool> idle_{true};   ///< this and the next: written by the owning thread
    std::atomic<bool> asleep_{false};
    ThreadWait wake_;

    // when to look at the others
    std::int64_t share_since_ns_ = 0; ///< since then they could have run something of its queue, or were told last
    std::int64_t next_balance_ns_ = 0;
    std::int64_t next_steal_ns_ = 0;
    std::int64_t steal_pause_ns_ = 0;

    // switching
    Schedulable* next_ = nullptr;
    bool chosen_ = false;
    bool switching_ = false;
    enum class Phase : std::uint8_t { running, ending_fibers, ended } phase_ = Phase::running;
    Schedulable* leaving_ = nullptr; ///< whose frames are in use until the switch is over
    FiberShelf fibers_;
    ReadyList without_fiber_; ///< processes that could not even be ended: they wait until a fiber is idle
    boost::fibers::context* dispatcher_ = nullptr;
    boost::fibers::context* main_context_ = nullptr;
    PooledFiber* ending_fiber_ = nullptr;
    PooledFiber* lost_fiber_ = nullptr;              ///< not to be resumed any more, to be taken back on the next one
    boost::fibers::context* lost_foreign_ = nullptr; ///< of a fiber that the process of lost_fiber_ has made: likewise

    SignalMemory signal_memory_;
    FaultDesk faults_;
    ThrownStacks thrown_stacks_;
    std::int64_t unwound_since_ns_ = 0;
    std::uint32_t unwound_ = 0; ///< in the second since then

    // the thread; written before anybody can see it run
    pthread_t thread_{};
    std::atomic<std::int32_t> thread_id_{0};
    std::atomic<clockid_t> cpu_clock_{0};
};

} // namespace fiberscope::detail
