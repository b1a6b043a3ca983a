// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/schedulable.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace fiberscope::detail {

class Scheduler;

/// What other threads leave for a scheduler: processes to run, processes to look at, requests.
/// **Thread:** any. What is taken is the taker's: the owner's, or that of who rescues work from an owner that is stuck.
class Inbox {
public:
    using Request = std::function<void(Scheduler&)>;

    /// A process that is runnable and in no queue.
    void give(Schedulable& process) noexcept { push(given_, process, &Schedulable::queue_next); }
    /// Oldest first, linked by `queue_next`.
    Schedulable* take_given() noexcept { return take_all(given_, &Schedulable::queue_next); }
    bool has_given() const noexcept { return given_.load(std::memory_order_relaxed) != nullptr; }

    /// A process of whom somebody has to see whether it is to be woken. **Pre-condition:** the caller has set its is_poked.
    void poke(Schedulable& process) noexcept { push(poked_, process, &Schedulable::poke_next); }
    /// Oldest first, linked by `poke_next`.
    Schedulable* take_poked() noexcept { return take_all(poked_, &Schedulable::poke_next); }
    bool has_poked() const noexcept { return poked_.load(std::memory_order_relaxed) != nullptr; }

    /// **Blocks:** for a lock.
    void post(Request request);
    std::vector<Request> take_requests();
    bool has_requests() const noexcept { return has_requests_.load(std::memory_order_acquire); }

    /// Who is about to sleep says so first and looks here then: it finds what was left before, and who leaves something later
    /// finds that it sleeps.
    bool has_any() const noexcept {
        return given_.load(std::memory_order_seq_cst) != nullptr || poked_.load(std::memory_order_seq_cst) != nullptr ||
               has_requests_.load(std::memory_order_seq_cst);
    }

private:
    using List = std::atomic<Schedulable*>;
    static void push(List& list, Schedulable& process, Schedulable* Schedulable::*next) noexcept;
    static Schedulable* take_all(List& list, Schedulable* Schedulable::*next) noexcept;

    List given_{nullptr};                   ///< newest first
    List poked_{nullptr};                   ///< newest first
    std::atomic<bool> has_requests_{false}; ///< written under mutex_
    std::mutex mutex_;                      ///< protects requests_
    std::vector<Request> requests_;
};

} // namespace fiberscope::detail
