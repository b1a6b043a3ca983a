// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/preemption.hpp>

#include "base/code_depth.hpp"
#include "base/thread_wait.hpp"
#include "process/control_block.hpp"

#include <mutex>
#include <thread>

namespace fiberscope {

namespace detail {

/// Who waits for a Mutex: a process that parks, or a thread. Lies on its stack; chained under the Mutex's guard.
struct FIBERSCOPE_HIDDEN MutexWaiter {
    ControlBlock* process = nullptr; ///< nullptr: a thread
    ThreadWait thread;
    MutexWaiter* next = nullptr;
    std::atomic<bool> is_owner{false}; ///< written by who unlocks, under the guard
};

} // namespace detail

namespace {

using namespace detail;

/// Guards the few words of a Mutex. Its holder is in a runtime call and so never preempted.
class Guard {
public:
    explicit Guard(std::atomic_flag& flag) noexcept : flag_{flag} {
        for (int tries = 0; flag_.test_and_set(std::memory_order_acquire); ++tries)
            if (tries > 100)
                std::this_thread::yield();
    }
    ~Guard() { flag_.clear(std::memory_order_release); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

private:
    std::atomic_flag& flag_;
};

/// Looks at is_owner only after having been notified: who unlocks is done with the waiter then.
void wait_as_thread(MutexWaiter& waiter) {
    do
        waiter.thread.wait(never_ns);
    while (!waiter.is_owner.load(std::memory_order_acquire));
}

/// False: it was ended while it waited.
bool wait_as_process(Life& process, MutexWaiter& waiter) {
    const auto has_to_end = [&process] { return process.ending.order() && !process.unwinds(); };
    process.park_for(waiter.is_owner, [&] { return !has_to_end(); });
    return !has_to_end();
}

} // namespace

void Mutex::lock() {
    const RuntimeCall in_runtime;
    Process* self = current_process();
    if (self != nullptr)
        ProcessAccess::block(*self).safe_point();
    if (try_lock())
        return;
    MutexWaiter waiter;
    if (self != nullptr)
        waiter.process = &ProcessAccess::block(*self);
    {
        const Guard guard{guard_};
        if (!locked_) {
            locked_ = true;
            add_depth(code_depth.pins, 1);
            return;
        }
        (last_ != nullptr ? last_->next : first_) = &waiter;
        last_ = &waiter;
    }
    if (waiter.process == nullptr)
        wait_as_thread(waiter);
    else if (!wait_as_process(waiter.process->life(), waiter)) {
        if (!withdraw(waiter)) {
            add_depth(code_depth.pins, 1);
            unlock(); // it came just then
        }
        waiter.process->life().throw_if_ended();
    }
    add_depth(code_depth.pins, 1);
}

bool Mutex::try_lock() noexcept {
    const RuntimeCall in_runtime;
    const Guard guard{guard_};
    if (locked_)
        return false;
    locked_ = true;
    add_depth(code_depth.pins, 1);
    return true;
}

/// The lock goes to who has waited longest.
void Mutex::unlock() noexcept {
    const RuntimeCall in_runtime;
    add_depth(code_depth.pins, -1);
    const Guard guard{guard_};
    MutexWaiter* next = first_;
    locked_ = next != nullptr;
    if (next == nullptr)
        return;
    first_ = next->next;
    if (first_ == nullptr)
        last_ = nullptr;
    ControlBlock* process = next->process;
    if (process == nullptr)
        next->thread.notify_with([next] { next->is_owner.store(true, std::memory_order_release); });
    else {
        next->is_owner.store(true, std::memory_order_seq_cst); // from here on the waiter may be gone
        process->wake();
    }
}

/// Takes a waiter out of the line. False: the lock was handed to it meanwhile.
bool Mutex::withdraw(MutexWaiter& waiter) noexcept {
    const Guard guard{guard_};
    if (waiter.is_owner.load(std::memory_order_relaxed))
        return false;
    MutexWaiter* before = nullptr;
    for (MutexWaiter* each = first_; each != &waiter; each = each->next)
        before = each;
    (before != nullptr ? before->next : first_) = waiter.next;
    if (last_ == &waiter)
        last_ = before;
    return true;
}

} // namespace fiberscope
