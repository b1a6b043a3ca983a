// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace fiberscope::detail {

/// Threads for calls that block: BEAM's dirty schedulers. Threads are started when first needed, up to a limit; jobs
/// beyond that wait their turn.
/// **Thread:** any.
class BlockingPool {
public:
    using JobId = std::uint64_t;
    /// Is told, by who submits, that all threads (so many) are busy and jobs (so many) wait: once, and again only after one of
    /// them had nothing to do; at most ten times a second. Must not throw.
    using WhenFull = std::function<void(std::uint32_t threads, std::uint32_t waiting_jobs)>;

    explicit BlockingPool(std::uint32_t most_threads, WhenFull when_full = {});
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;
    ~BlockingPool();

    /// `job` must not throw. If the system has no thread for it, it waits for those that there are.
    /// **Errors:** std::system_error if there are none, std::bad_alloc; then the job is destroyed and will not run.
    JobId submit(std::function<void()> job);
    /// Takes back a job that has not begun. False: it has.
    bool withdraw(JobId job) noexcept;
    /// Jobs that run or wait.
    std::uint32_t in_flight() const noexcept;
    /// Threads that run something now.
    std::uint32_t busy_threads() const noexcept;
    /// The calling thread is one of them, and runs a job.
    bool is_own_thread() const noexcept;
    /// Jobs that wait for a thread to be done with another.
    std::uint32_t waiting_jobs() const noexcept;
    /// Ends the idle threads; those that hang in a job end after it, on their own.
    void stop();

private:
    struct State;
    void find_thread();
    static bool note_waiting(State& state) noexcept;
    static void work(State& state);
    static void run_job(State& state, std::unique_lock<std::mutex>& lock);

    /// Shared with the threads, which may outlive the pool.
    std::shared_ptr<State> state_;
    const WhenFull when_full_;
};

} // namespace fiberscope::detail
