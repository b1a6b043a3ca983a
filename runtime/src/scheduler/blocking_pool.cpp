// SPDX-License-Identifier: BSL-1.0
#include "scheduler/blocking_pool.hpp"

#include "scheduler/program_exit.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <pthread.h>

namespace fiberscope::detail {

struct BlockingPool::State {
    explicit State(std::uint32_t limit) : most_threads{limit} {}

    const std::uint32_t most_threads;
    std::mutex mutex; ///< protects jobs, threads, idle, stopping
    std::condition_variable changed;
    std::deque<std::function<void()>> jobs;
    std::uint32_t threads = 0;
    std::uint32_t idle = 0;
    bool stopping = false;
    std::atomic<std::uint32_t> in_flight{0};
    std::atomic<std::uint32_t> busy{0};
};

namespace {

/// The state of the pool whose thread this is; nullptr: of none.
constinit thread_local const void* own_pool = nullptr;

} // namespace

BlockingPool::BlockingPool(std::uint32_t most_threads) : state_{std::make_shared<State>(most_threads)} {}

BlockingPool::~BlockingPool() {
    stop();
}

std::uint32_t BlockingPool::in_flight() const noexcept {
    return state_->in_flight.load();
}

std::uint32_t BlockingPool::busy_threads() const noexcept {
    return state_->busy.load(std::memory_order_relaxed);
}

bool BlockingPool::is_own_thread() const noexcept {
    return own_pool == state_.get();
}

void BlockingPool::submit(std::function<void()> job) {
    ++state_->in_flight;
    bool start_thread = false;
    {
        const std::lock_guard lock{state_->mutex};
        state_->jobs.push_back(std::move(job));
        start_thread = state_->idle < state_->jobs.size() && state_->threads < state_->most_threads;
        if (start_thread)
            ++state_->threads;
    }
    if (start_thread)
        std::thread{[state = state_] {
            ::pthread_setname_np(::pthread_self(), "fs-blocking");
            work(*state);
        }}.detach();
    else
        state_->changed.notify_all();
}

void BlockingPool::work(State& state) {
    own_pool = &state;
    const program_exit::Watch exit_watch;
    std::unique_lock lock{state.mutex};
    for (;;) {
        ++state.idle;
        state.changed.wait(lock, [&state] { return state.stopping || !state.jobs.empty(); });
        --state.idle;
        if (state.jobs.empty())
            break;
        auto job = std::move(state.jobs.front());
        state.jobs.pop_front();
        lock.unlock();
        ++state.busy;
        job();
        job = nullptr;
        --state.busy;
        --state.in_flight;
        lock.lock();
    }
    --state.threads;
    state.changed.notify_all();
}

void BlockingPool::stop() {
    std::unique_lock lock{state_->mutex};
    state_->stopping = true;
    state_->changed.notify_all();
    state_->changed.wait(lock, [this] { return state_->threads <= state_->busy.load(); });
}

} // namespace fiberscope::detail
