// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace fiberscope::detail {

/// Threads for calls that block: BEAM's dirty schedulers. Threads are started when first needed, up to a limit; jobs
/// beyond that wait their turn.
/// **Thread:** any.
class BlockingPool {
public:
    explicit BlockingPool(std::uint32_t most_threads);
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;
    ~BlockingPool();

    /// `job` must not throw.
    void submit(std::function<void()> job);
    /// Jobs that run or wait.
    std::uint32_t in_flight() const noexcept;
    /// Threads that run something now.
    std::uint32_t busy_threads() const noexcept;
    /// The calling thread is one of them, and runs a job.
    bool is_own_thread() const noexcept;
    /// Ends the idle threads; those that hang in a job end after it, on their own.
    void stop();

private:
    struct State;
    static void work(State& state);

    /// Shared with the threads, which may outlive the pool.
    std::shared_ptr<State> state_;
};

} // namespace fiberscope::detail
