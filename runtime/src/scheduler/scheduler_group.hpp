// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/blocking_pool.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/stack_pool.hpp"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace fiberscope::detail {

struct SchedulerSettings {
    std::uint32_t schedulers = 1;
    std::int32_t reductions_per_slice = 4000;
    std::chrono::nanoseconds slice{std::chrono::microseconds{500}};
    std::chrono::nanoseconds signal_slice{std::chrono::milliseconds{1}};
    std::chrono::nanoseconds long_schedule{std::chrono::milliseconds{10}};
    int nice = 0;
    std::uint32_t blocking_threads = 10;
    bool trap_faults = false;
    std::size_t usual_stack_bytes = std::size_t{64} * 1024; ///< what most processes ask for
    bool signal_handlers = true;
    StackGuards stack_guards = StackGuards::automatic;
    bool restless = false; ///< see SchedulerGroup::is_restless

    /// What code that calls nothing of the runtime counts for: a slice's reductions for a slice's time. What is too short to be
    /// told from what the operating system did meanwhile counts by its calls alone.
    std::int64_t reductions_of(std::int64_t ran_ns) const noexcept {
        if (ran_ns < WorkTime::long_ns) [[likely]]
            return 0; // without the division
        return static_cast<std::int64_t>(static_cast<double>(ran_ns) / static_cast<double>(signal_slice.count()) *
                                         reductions_per_slice);
    }
};

/// What the schedulers need of the floor above.
class SchedulerClient {
public:
    /// A timer's entry is due. **Thread:** the scheduler's.
    virtual void fire_timer(Scheduler& scheduler, std::uint64_t timer) noexcept = 0;
    /// `process`, which was `id_bits` then, has run for `ran_ns` without giving way although somebody waits; `is_wanted`: to end
    /// or to be suspended, too. `stack`: empty if its thread did not answer. **Thread:** the monitor's.
    virtual void slice_is_long(const Scheduler& scheduler, const Schedulable& process, std::uint64_t id_bits, std::int64_t ran_ns,
                               bool is_wanted, RawStack stack) noexcept = 0;
    /// All threads of the blocking pool (so many) are busy, and jobs wait. **Thread:** any.
    virtual void blocking_pool_is_full(std::uint32_t threads, std::uint32_t waiting_jobs) noexcept = 0;

protected:
    ~SchedulerClient() = default;
};

/// The schedulers of one Node: who they are, who is online, who sleeps; where new work goes.
/// **Thread:** any.
class SchedulerGroup {
public:
    SchedulerGroup(const SchedulerSettings& settings, SchedulerClient& client);
    SchedulerGroup(const SchedulerGroup&) = delete;
    SchedulerGroup& operator=(const SchedulerGroup&) = delete;
    ~SchedulerGroup();

    /// Starts the threads and waits until each has what it needs.
    /// **Errors:** std::system_error, std::bad_alloc; then none runs.
    void start();
    /// Ends the threads and waits for them until `deadline_ns`. Those that do not come to an end are left behind.
    /// **Pre-condition:** no process is left that could still run, but those given up. **Blocks:** the thread.
    bool stop(std::int64_t deadline_ns);
    /// The calling thread is one of these schedulers', or of their blocking pool.
    bool is_inside() const noexcept;
    bool is_stopping() const noexcept { return stopping_.load(std::memory_order_seq_cst); }

    const SchedulerSettings& settings() const noexcept { return settings_; }
    SchedulerClient& client() const noexcept { return client_; }
    StackPool& stacks() noexcept { return stacks_; }
    const StackPool& stacks() const noexcept { return stacks_; }
    BlockingPool& blocking_pool() noexcept { return blocking_pool_; }
    const BlockingPool& blocking_pool() const noexcept { return blocking_pool_; }
    const std::vector<std::unique_ptr<Scheduler>>& schedulers() const noexcept { return schedulers_; }

    /// Makes a process runnable if it waits: on the caller's scheduler if that owns it or can adopt it, else by a poke.
    void wake(Schedulable& process) noexcept;
    /// Has its owner look whether it is to be woken.
    void poke(Schedulable& process) noexcept;
    /// A process that has waited in the middle of its code may go on on another scheduler. Set before the start.
    bool moves_frames() const noexcept { return moves_frames_; }
    void set_moves_frames(bool moves) noexcept { moves_frames_ = moves; }
    /// For tests: each process that may move goes to another scheduler each time before it runs.
    bool is_restless() const noexcept { return settings_.restless; }
    /// Queues a process that nobody has queued yet.
    void submit(Schedulable& process) noexcept;
    /// The online scheduler with the shortest queue.
    Scheduler& shortest() const noexcept;
    bool set_online(std::uint32_t count);
    std::uint32_t online() const noexcept { return online_.load(std::memory_order_relaxed); }
    /// Another scheduler that is online and idle, or nullptr.
    Scheduler* idle_one() const noexcept;
    /// Lets the idle ones look for something to steal.
    void wake_idle() noexcept;
    /// Empty, or why its processes cannot be preempted by signals.
    std::string signals_refused_because() const;
    /// How processes are preempted that do not say it themselves.
    Preemption preemption() const noexcept { return preemption_.load(std::memory_order_relaxed); }
    void set_preemption(Preemption preemption) noexcept { preemption_.store(preemption, std::memory_order_relaxed); }

    /// Waits until every scheduler sleeps and nothing is on its way to one. **Blocks:** the thread.
    bool wait_until_quiet(std::int64_t deadline_ns);
    /// A scheduler is about to sleep, or a blocking call is over.
    void maybe_quiet() noexcept;
    void thread_is_ready() noexcept;

private:
    void start_threads();
    void run_thread(Scheduler& scheduler) noexcept;
    bool is_quiet() const noexcept;

    const SchedulerSettings settings_;
    SchedulerClient& client_;
    StackPool stacks_;
    std::vector<std::unique_ptr<Scheduler>> schedulers_;
    std::vector<std::thread> threads_;
    std::mutex online_mutex_;                                     ///< orders those who set how many are online
    std::atomic<std::uint32_t> online_;                           ///< written by set_online
    std::atomic<bool> stopping_{false};                           ///< written by stop, once
    bool moves_frames_ = true;                                    ///< before the start
    std::atomic<Preemption> preemption_{Preemption::cooperative}; ///< written by set_preemption

    std::atomic<std::uint32_t> quiet_waiters_{0}; ///< threads in wait_until_quiet; written by them
    std::mutex mutex_;                            ///< protects all below but the pool, and the waits on changed_
    std::condition_variable changed_;
    std::uint32_t threads_running_ = 0;
    std::uint32_t threads_ready_ = 0;
    std::exception_ptr failure_; ///< of a thread that could not begin
    BlockingPool blocking_pool_;
};

} // namespace fiberscope::detail
