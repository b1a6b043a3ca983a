// SPDX-License-Identifier: BSL-1.0
#include "scheduler/blocking_pool.hpp"

#include "base/clock.hpp"
#include "scheduler/program_exit.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>

namespace fiberscope::detail {

namespace {

/// A pool that is full for a moment a thousand times a second is told of now and then.
struct ReportLimit {
    std::int64_t since_ns = 0;
    std::uint32_t reports = 0;

    bool allows_one() noexcept {
        constexpr std::int64_t second_ns = 1'000'000'000;
        constexpr std::uint32_t most_a_second = 10;
        const std::int64_t now_ns = clock_ns();
        if (now_ns - since_ns >= second_ns) {
            since_ns = now_ns;
            reports = 0;
        }
        return reports++ < most_a_second;
    }
};

/// The state of the pool whose thread this is; nullptr: of none.
constinit thread_local const void* own_pool = nullptr;

} // namespace

struct BlockingPool::State {
    explicit State(std::uint32_t limit) : most_threads{limit} {}

    const std::uint32_t most_threads;
    std::mutex mutex;                ///< protects all below; the atomics are written under it, and read without
    std::condition_variable has_job; ///< for idle threads: one a job
    std::condition_variable ended;   ///< for `stop`: a thread has come to its end
    struct Job {
        JobId id;
        std::function<void()> run;
    };
    std::deque<Job> jobs; ///< by rising id
    JobId last_job = 0;
    std::uint32_t threads = 0;
    std::uint32_t idle = 0;
    bool stopping = false;
    bool is_full = false; ///< jobs have come beyond what its threads could take at once, and are not all taken yet
    ReportLimit reports;
    std::atomic<std::uint32_t> in_flight{0}; ///< jobs that run or wait
    std::atomic<std::uint32_t> busy{0};      ///< threads
    std::atomic<std::uint32_t> waiting{0};   ///< jobs
};

BlockingPool::BlockingPool(std::uint32_t most_threads, WhenFull when_full)
    : state_{std::make_shared<State>(most_threads)}, when_full_{std::move(when_full)} {}

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

std::uint32_t BlockingPool::waiting_jobs() const noexcept {
    return state_->waiting.load(std::memory_order_relaxed);
}

BlockingPool::JobId BlockingPool::submit(std::function<void()> job) {
    bool is_to_be_told = false;
    std::uint32_t threads = 0;
    JobId id = 0;
    {
        const std::lock_guard lock{state_->mutex};
        id = ++state_->last_job;
        state_->jobs.push_back({id, std::move(job)});
        try {
            find_thread();
        } catch (...) {
            state_->jobs.pop_back();
            throw;
        }
        ++state_->in_flight;
        is_to_be_told = note_waiting(*state_);
        threads = state_->threads;
    }
    state_->has_job.notify_one();
    if (is_to_be_told && when_full_)
        when_full_(threads, waiting_jobs());
    return id;
}

bool BlockingPool::withdraw(JobId job) noexcept {
    std::function<void()> withdrawn; // destroyed after the lock
    const std::lock_guard lock{state_->mutex};
    const auto found = std::lower_bound(state_->jobs.begin(), state_->jobs.end(), job,
                                        [](const State::Job& each, JobId id) { return each.id < id; });
    if (found == state_->jobs.end() || found->id != job)
        return false;
    withdrawn = std::move(found->run);
    state_->jobs.erase(found);
    --state_->in_flight;
    note_waiting(*state_);
    return true;
}

/// Sees to it that the newest job is run: by an idle thread, by a new one, or later by one that is busy now. Throws if there is
/// none of these. **Pre-condition** here and below: the lock is held.
void BlockingPool::find_thread() {
    State& state = *state_;
    if (state.idle >= state.jobs.size() || state.threads >= state.most_threads)
        return;
    try {
        std::thread{[shared = state_] {
            ::pthread_setname_np(::pthread_self(), "fs-blocking");
            work(*shared);
        }}.detach();
        ++state.threads;
        ++state.idle; // it waits for the lock
    } catch (const std::system_error&) {
        if (state.threads == 0)
            throw;
    }
}

/// Counts the jobs that no idle thread is about to take. True: the pool has become full, which is to be told.
bool BlockingPool::note_waiting(State& state) noexcept {
    const auto jobs = static_cast<std::uint32_t>(state.jobs.size());
    const std::uint32_t waiting = jobs - std::min(jobs, state.idle);
    state.waiting.store(waiting, std::memory_order_relaxed);
    if (waiting > 0 && !std::exchange(state.is_full, true))
        return state.reports.allows_one();
    return false;
}

void BlockingPool::work(State& state) {
    own_pool = &state;
    const program_exit::Watch exit_watch;
    std::unique_lock lock{state.mutex};
    for (;;) {
        if (state.jobs.empty())
            state.is_full = false; // what came beyond its threads has been run
        state.has_job.wait(lock, [&state] { return state.stopping || !state.jobs.empty(); });
        if (state.jobs.empty())
            break;
        run_job(state, lock);
    }
    --state.idle;
    --state.threads;
    state.ended.notify_all();
}

void BlockingPool::run_job(State& state, std::unique_lock<std::mutex>& lock) {
    auto job = std::move(state.jobs.front().run);
    state.jobs.pop_front();
    --state.idle;
    ++state.busy;
    note_waiting(state);
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    ++state.idle;
    --state.busy;
    --state.in_flight;
}

void BlockingPool::stop() {
    std::unique_lock lock{state_->mutex};
    state_->stopping = true;
    state_->has_job.notify_all();
    state_->ended.wait(lock, [this] { return state_->threads <= state_->busy.load(); });
}

} // namespace fiberscope::detail
