// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/allocation.hpp"
#include "process/identity.hpp"
#include "process/life.hpp"
#include "process/shown.hpp"
#include "process/signal_queue.hpp"
#include "scheduler/schedulable.hpp"
#include "scheduler/scheduler.hpp"

#include <fiberscope/events.hpp>
#include <fiberscope/process.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace fiberscope::detail {

class ThreadWait;
class ProcessSystem;

/// A slot of the process table: what stays at its address for the Node's life, so that anybody may look at it at any time.
/// Processes come and go in it, each with a Life of its own.
/// **Thread:** each part says who touches it.
class FIBERSCOPE_HIDDEN ControlBlock final : public Schedulable {
public:
    ControlBlock(ProcessSystem& system, std::uint32_t slot);
    ~ControlBlock();

    ProcessSystem& system() const noexcept { return system_; }
    Process& process() noexcept { return process_; }

    // -- any thread ----

    std::uint32_t slot() const noexcept { return identity_.slot(); }
    Pid pid() const noexcept { return identity_.pid(); }
    std::uint32_t serial() const noexcept { return identity_.serial(); }
    /// True if `serial` is that of the process that lives here now.
    bool is_live(std::uint32_t serial) const noexcept { return identity_.is_live(serial); }
    /// True if there is a row to show: live, or exiting.
    bool is_used() const noexcept { return identity_.is_used(); }
    bool is_used_up() const noexcept { return identity_.is_used_up(); }
    Status status() const noexcept;
    /// How a signal from a process of scheduler `here` was taken.
    enum class Pushed : std::uint8_t { yes, dead, elsewhere };
    /// Puts it in the queue without locked instructions, and wakes the process, if `here` owns it or can take it over.
    /// **Thread:** that of `here`.
    Pushed push_here(Scheduler& here, Signal& signal) noexcept;
    /// Pushes from elsewhere, and has its owner look. False if the process has ended: the caller still owns the signal.
    bool push_there(Signal& signal) noexcept;
    /// Lets it look at its signals.
    void wake() noexcept;
    /// An event about this process, from which its initial function can be named.
    Event event_of(EventKind kind) const;
    /// Copies the label; false if there is none. **Blocks:** for a lock.
    bool copy_label(std::string& label) const;
    /// What people call it: its registered name, else its label, else nothing. **Blocks:** as copy_label.
    std::string name() const;
    bool is_suspended() const noexcept { return shown.suspended.get(); }
    /// What it has allocated; nullptr: nobody counts that.
    AllocationAccount* account() const noexcept { return account_; }

    // -- before the first queueing: whoever spawns it ----

    /// Takes the slot into use. **Errors:** std::bad_alloc: nothing has changed.
    Pid begin_life(const SpawnOptions& options, Pid parent, std::int64_t now_ns);
    /// It is not to be after all: the slot is as it was, but for its serial.
    void take_life_back() noexcept;
    /// A thread from outside is this process.
    void become_external();

    // -- its scheduler ----

    SliceEnd run_slice() override { return life().run_slice(); }
    void slice_begins(Scheduler& scheduler) noexcept override;
    void account(std::int64_t ran_ns, std::uint64_t reductions) noexcept override;
    void slice_ends() noexcept override;
    std::uint64_t id_bits() const noexcept override { return pid().bits(); }
    void interrupted(Scheduler& scheduler) noexcept override { life().interrupted(scheduler); }
    void end_in_foreign_switch(bool is_on_its_stack) noexcept override { life().end_in_foreign_switch(is_on_its_stack); }
    void end_without_stack() noexcept override { life().end_without_stack(); }
    void end_by_force(Scheduler& scheduler, const ForcedEnd& end) noexcept override { life().end_by_force(scheduler, end); }

    // -- the process's own thread ----

    Life& life() noexcept { return *life_; }
    const Life& life() const noexcept { return *life_; }
    /// A safe point that costs `reductions`: gives way if the slice is over, throws ProcessExit if it was killed.
    /// **Errors:** as check_caller.
    void safe_point(std::int32_t reductions = 1) {
        if (current_process() != &process_) [[unlikely]] // an external process is never what a scheduler runs
            return safe_point_elsewhere();
        if (scheduler_->charge(reductions)) [[unlikely]]
            life_->slice_over();
    }
    /// **Errors:** Error{badarg,...} and a report that tells where, if it is not this process that calls.
    void check_caller() {
        if (current_process() != &process_) [[unlikely]]
            check_foreign_caller();
    }
    /// **Errors:** the same, if a process waits as an external one of its own Node: its scheduler would wait with it.
    /// **Pre-condition:** is_external.
    void check_caller_may_wait();
    bool is_external() const noexcept { return scheduler_ == nullptr; }
    /// **Pre-condition:** is_external.
    ThreadWait& thread() noexcept { return *external_; }
    Scheduler* scheduler() const noexcept { return scheduler_; }
    /// The time of the last dispatch; for an external process the time now.
    std::int64_t now_ns() const noexcept;
    void set_label(std::string_view label);
    /// Nobody finds it any more, and its name is free.
    void exits() noexcept;
    /// Another process may have the slot. Nobody touches the block after this.
    void end_life() noexcept;

    Shown shown;
    SignalQueue signal_queue;
    /// Schedulers that hold timers for this process: bit (id - 1) % 64. Set by whoever makes one.
    std::atomic<std::uint64_t> timer_schedulers{0};

private:
    void safe_point_elsewhere();
    void check_foreign_caller(); // misuse.cpp
    [[noreturn]] void refuse_caller();
    void drop_label() noexcept;

    Identity identity_;
    AllocationAccount* const account_;
    Scheduler* scheduler_ = nullptr; ///< that runs it now, or ran it last; nullptr: an external process
    std::optional<Life> life_;       ///< from begin_life to end_life
    ProcessSystem& system_;
    Process process_;
    std::unique_ptr<std::string> label_;   ///< under the system's label lock
    std::unique_ptr<ThreadWait> external_; ///< stays once made: a late wake-up may still reach it
};

inline Pid Life::pid() const noexcept {
    return block_.pid();
}
inline ProcessSystem& Life::system() const noexcept {
    return block_.system();
}
inline Process& Life::process() const noexcept {
    return block_.process();
}
inline bool Life::handle_signals() {
    if (!block_.signal_queue.may_have_some() && !block_.is_wanted.load(std::memory_order_relaxed)) [[likely]]
        return false;
    return handle_signals_that_came();
}

/// From the public handle to the block behind it.
struct FIBERSCOPE_HIDDEN ProcessAccess {
    static ControlBlock& block(const Process& process) noexcept { return *process.block_; }
    static Life& life(const Process& process) noexcept { return process.block_->life(); }
};

} // namespace fiberscope::detail
