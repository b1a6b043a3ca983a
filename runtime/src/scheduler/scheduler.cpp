// SPDX-License-Identifier: BSL-1.0
#include "scheduler/scheduler.hpp"

#include "base/code_depth.hpp"
#include "base/sanitizer.hpp"
#include "scheduler/fiber_algorithm.hpp"
#include "scheduler/program_exit.hpp"
#include "scheduler/scheduler_group.hpp"
#include "scheduler/slice_monitor.hpp"
#include "scheduler/thread_state.hpp"

#include <boost/fiber/context.hpp>
#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local Scheduler* current_scheduler = nullptr;

/// Where glibc and Boost cannot have memory for what they keep for a thread they end the program: it is tried beforehand whether
/// there is more than they take.
void try_memory_of_thread() {
    constexpr std::size_t of_its_own = std::size_t{512} * 1024;
    constexpr std::size_t of_the_heap = std::size_t{16} * 1024;
    for (const std::size_t bytes : {of_its_own, of_the_heap}) {
        void* volatile memory = std::malloc(bytes); // NOLINT: not left out by the compiler
        if (memory == nullptr)
            throw std::bad_alloc{};
        std::free(memory); // NOLINT
    }
}

/// Its place does not change while the thread lives; no process asks for it.
[[gnu::noinline]] const AllocatingCode& code_of_this_thread() noexcept {
    return code_depth;
}

} // namespace

Scheduler::Scheduler(SchedulerGroup& group, std::uint32_t id)
    : group_{group}, id_{id}, now_ns_{clock_ns()}, fibers_{*this, group.stacks(), group.settings().usual_stack_bytes},
      faults_{slice_, group.stacks(), group.settings().trap_faults} {}

Scheduler::~Scheduler() = default;

/// Never inlined: after a switch the thread may be another one, whose variable is another one.
[[gnu::noinline]] Scheduler* Scheduler::current() noexcept {
    asm volatile("" ::: "memory");
    return current_scheduler;
}

// -- the thread's life ----

void Scheduler::run() {
    static std::mutex beginning; // one thread after the other, so that what was tried is there
    std::unique_lock lock{beginning};
    try_memory_of_thread();
    current_scheduler = this;
    ThreadState::find();
    signal_memory_.use();
    const Executes code_of_processes{code_of_this_thread(), true};
    const program_exit::Watch exit_watch;
    program_exit::KeptDestructors boost_state; // its destructor waits for all fibers, and one of them may call std::exit
    ::pthread_setname_np(::pthread_self(), ("fs-sched-" + std::to_string(id_)).c_str());
    thread_id_ = ::gettid();
    clockid_t clock{};
    if (::pthread_getcpuclockid(::pthread_self(), &clock) == 0)
        cpu_clock_ = clock;
    if (group_.settings().nice != 0) { // best effort; beyond 19 the system takes 19
        const auto thread = static_cast<id_t>(::gettid());
        ::setpriority(PRIO_PROCESS, thread, ::getpriority(PRIO_PROCESS, thread) + group_.settings().nice);
    }
    try {
        boost::fibers::use_scheduling_algorithm<FiberAlgorithm>(*this);
        boost_state.enough();
        lock.unlock();
        live();
    } catch (...) {
        end_fibers();
        signal_memory_.release();
        current_scheduler = nullptr;
        throw;
    }
    signal_memory_.release();
    current_scheduler = nullptr;
}

void Scheduler::live() {
    main_context_ = boost::fibers::context::active();
    const AlternateStack signal_stack;
    fibers_.open(*main_context_);
    faults_.open(*this);
    thread_ = ::pthread_self();
    work_time_.restart(clock_.now());
    SliceMonitor::instance().add(*this);
    group_.thread_is_ready();
    main_context_->suspend(); // comes back when the group stops and nothing is left to run
    switch_ended();
    SliceMonitor::instance().remove(*this);
    end_fibers();
    // a process that hangs in foreign code keeps its fiber, and Boost would wait for it: the thread is left behind
    while (fibers_.lent() > 0)
        ::pause();
    cpu_clock_ = 0;
    faults_.close();
}

/// Lets every idle fiber run to its end, so that Boost can free them.
void Scheduler::end_fibers() noexcept {
    phase_ = Phase::ending_fibers;
    while ((ending_fiber_ = fibers_.take_last()) != nullptr) {
        main_context_->suspend();
        switch_ended();
    }
    phase_ = Phase::ended;
}

boost::fibers::context* Scheduler::next_context() noexcept {
    if (phase_ == Phase::ended)
        return nullptr; // the dispatcher, which Boost wants to end
    if (phase_ == Phase::ending_fibers) {
        const PooledFiber* ending = std::exchange(ending_fiber_, nullptr);
        switch_begins(ending);
        return ending != nullptr ? ending->context() : main_context_;
    }
    for (Schedulable* next = std::exchange(chosen_, false) ? next_ : pick(); next != nullptr; next = pick()) {
        if (boost::fibers::context* context = context_for(*next))
            return context;
        if (!boost::fibers::context::active()->is_context(boost::fibers::type::dispatcher_context)) {
            choose(next); // again by the dispatcher, which can use the fiber that suspends just now, too
            return nullptr;
        }
        without_fiber_.push(*next);
    }
    if (!is_done() || boost::fibers::context::active() == main_context_)
        return nullptr; // main itself may be what suspends: then the dispatcher brings it back
    switch_begins(nullptr);
    return main_context_;
}

void Scheduler::switch_begins(const PooledFiber* fiber) noexcept {
    switching_ = true;
    if (fiber == nullptr)
        sanitizer_begins_switch({});
    else {
        const Stack& stack = fiber->stack();
        sanitizer_begins_switch({reinterpret_cast<const void*>(stack.zone_low()), stack.bytes + guard_zone_bytes});
    }
}

void Scheduler::switch_ended() noexcept {
    if (std::exchange(switching_, false))
        sanitizer_ends_switch();
    if (leaving_ != nullptr)
        std::exchange(leaving_, nullptr)->is_leaving.store(false, std::memory_order_release);
    if (lost_fiber_ != nullptr)
        bury();
}

// -- dispatch ----

Scheduler& Scheduler::run_on(PooledFiber& fiber, Schedulable* work) noexcept {
    Scheduler* here = current();
    while (work != nullptr) {
        work->fiber.store(&fiber, std::memory_order_relaxed);
        ThreadState::reset();
        here->begin_slice(*work);
        const SliceEnd end = work->run_slice();
        here = current(); // it may have parked in the middle, and have been taken elsewhere
        if (end == SliceEnd::over) {
            here->count_preemption(*work, here->why_over());
            here->end_slice(*work);
            work->fiber.store(nullptr, std::memory_order_relaxed);
            work->is_pinned = work->stays;
            work->run_state.store(RunState::runnable, std::memory_order_relaxed);
            here->queue_.push_preempted(*work);
        }
        if (fiber.zone() != Zone::closed) [[unlikely]]
            here->faults_.close_zone(fiber);
        work = here->pick();
        const bool mine = work != nullptr && work->fiber.load(std::memory_order_relaxed) == nullptr &&
                          StackPool::class_of(work->stack_bytes) == fiber.stack_class() &&
                          here->fibers_.has_kept(fiber.stack_class());
        if (!mine) {
            here->choose(work);
            break;
        }
    }
    return *here;
}

/// nullptr: there is no fiber for it.
boost::fibers::context* Scheduler::context_for(Schedulable& process) noexcept {
    PooledFiber* fiber = process.fiber.load(std::memory_order_relaxed);
    if (fiber == nullptr) {
        fiber = fibers_.fiber_for(process);
        if (fiber == nullptr)
            return nullptr;
        fibers_.is_lent();
        fiber->assign(&process);
    } else if (fiber->scheduler() != this) [[unlikely]]
        fibers_.receive(*fiber);
    switch_begins(fiber);
    return fiber->context();
}

bool Scheduler::park_idle(PooledFiber& fiber) noexcept {
    if (phase_ != Phase::running)
        return false;
    if (fibers_.put(fiber, now_ns_))
        requeue_those_without_fiber();
    else
        lost_fiber_ = &fiber;
    chosen_ = false;
    switch_to(next_);
    switch_ended();
    return phase_ == Phase::running;
}

/// Leaves the running context, for the dispatcher if there is nobody to run. Comes back when that is resumed, maybe on
/// another scheduler.
void Scheduler::switch_to(Schedulable* next) noexcept {
    boost::fibers::context* context = next != nullptr ? context_for(*next) : nullptr;
    if (context == nullptr) {
        if (next != nullptr)
            choose(next); // again by the dispatcher, which can use the fiber that is left just now, too
        switch_begins(nullptr);
        context = dispatcher_;
    }
    context->resume();
}

void Scheduler::leaves(Schedulable& process, bool is_interrupted) noexcept {
    process.is_pinned = process.stays || is_interrupted || code_depth.is_pinned() || !group_.moves_frames() ||
                        process.fiber.load(std::memory_order_relaxed)->zone() != Zone::closed;
    process.is_leaving.store(true, std::memory_order_relaxed);
}

void Scheduler::switch_out(Schedulable& process) noexcept {
    Schedulable* next = is_online() && !group_.is_restless() ? pick() : nullptr; // the dispatcher can give it away
    if (next == &process) {
        process.is_leaving.store(false, std::memory_order_relaxed);
        begin_slice(process);
        return;
    }
    Scheduler* here = nullptr;
    process.innermost_frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    {
        const ThreadState state;
        leaving_ = &process;
        switch_to(next);
        here = current();
        here->switch_ended();
    }
    here->begin_slice(process);
}

void Scheduler::yield(Schedulable& process, SliceOver why) noexcept {
    count_preemption(process, why);
    end_slice(process);
    leaves(process, why == SliceOver::signal);
    process.run_state.store(RunState::runnable, std::memory_order_relaxed);
    queue_.push_preempted(process);
    switch_out(process);
}

void Scheduler::count_preemption(Schedulable& process, SliceOver why) noexcept {
    if (counters.gives_way(why, process.id_bits()))
        process.preemptions.add();
}

void Scheduler::choose(Schedulable* next) noexcept {
    next_ = next;
    chosen_ = true;
}

/// Runs what came meanwhile, then the next of the queue, or of another's.
Schedulable* Scheduler::pick() noexcept {
    if (inbox_.has_given())
        drain_inbox();
    if (inbox_.has_poked())
        drain_pokes();
    if (!is_online()) [[unlikely]]
        hand_over_movable();
    if (inbox_.has_requests())
        run_requests();
    if (now_ns_ >= timers_.next_ns())
        fire_timers();
    share_work();
    const std::uint32_t used = std::exchange(last_used_, 0);
    Schedulable* next = queue_.pop(used, static_cast<std::uint32_t>(group_.settings().reductions_per_slice));
    while (group_.is_restless() && next != nullptr && pass_on(*next))
        [[unlikely]] next = queue_.pop(0, static_cast<std::uint32_t>(group_.settings().reductions_per_slice));
    return next != nullptr ? next : steal();
}

void Scheduler::begin_slice(Schedulable& process) noexcept {
    reductions_left_ = group_.settings().reductions_per_slice;
    run_ns_ = 0;
    slice_.begin(process, now_ns_);
    process.is_new = false;
    const Stack& stack = process.fiber.load(std::memory_order_relaxed)->stack();
    unguarded_low_ = stack.is_guarded ? 0 : stack.low();
    if (is_idle())
        idle_.store(false, std::memory_order_seq_cst); // before the look for those who wait: who comes later looks at this
    process.home.store(this, std::memory_order_relaxed);
    process.run_state.store(RunState::running, std::memory_order_relaxed);
    if (!queue_.empty() || has_pending())
        SliceMonitor::get().watch();
    else if (timers_.next_ns() != never_ns)
        SliceMonitor::get().rest();
    process.slice_begins(*this);
}

void Scheduler::account(Schedulable& process) noexcept {
    now_ns_ = clock_.now();
    const std::int64_t ran_ns = work_time_.worked_ns(slice_.began_ns(), now_ns_);
    const std::int64_t counted = std::max(group_.settings().reductions_per_slice - reductions_left_, 0);
    const std::int64_t used = std::max(counted, group_.settings().reductions_of(ran_ns));
    last_used_ = static_cast<std::uint32_t>(std::min<std::int64_t>(used, group_.settings().reductions_per_slice));
    counters.reductions.add(static_cast<std::uint64_t>(used));
    process.account(ran_ns, static_cast<std::uint64_t>(used));
    run_ns_ += ran_ns;
    if (run_ns_ > process.longest_run_ns.get())
        process.longest_run_ns.set(run_ns_);
    if (run_ns_ > counters.longest_run_ns.get())
        counters.longest_run_ns.set(run_ns_);
}

void Scheduler::end_slice(Schedulable& process) noexcept {
    if (program_exit::is_forked_child()) [[unlikely]]
        program_exit::end_forked_child();
    account(process);
    slice_.end();
    process.slice_ends();
}

bool Scheduler::someone_waits() noexcept {
    now_ns_ = clock_.now();
    if (inbox_.has_given())
        drain_inbox();
    if (inbox_.has_poked())
        drain_pokes();
    return !queue_.empty() || now_ns_ >= timers_.next_ns() || inbox_.has_requests() || !is_online(); // others are to run it
}

void Scheduler::renew_slice(Schedulable& process) noexcept {
    account(process);
    slice_.renew(now_ns_);
    reductions_left_ = group_.settings().reductions_per_slice;
}

std::uint32_t Scheduler::queue_length() const noexcept {
    const auto lengths = queue_.lengths();
    return lengths[0] + lengths[1] + lengths[2] + lengths[3];
}

/// 0: it has no thread.
std::int64_t Scheduler::thread_time_now_ns() const noexcept {
    const clockid_t clock = cpu_clock_;
    return clock != 0 ? processor_time_ns(clock) : 0;
}

std::int64_t Scheduler::worked_ns(const RunningSlice& slice) const noexcept {
    const std::int64_t used_ns = thread_time_now_ns() - work_time_.used_at_ns();
    return std::max<std::int64_t>(std::min(clock_ns() - slice.began_ns, used_ns), 0);
}

SchedulerRow Scheduler::row() const {
    SchedulerRow row;
    counters.fill(row);
    row.id = id_;
    row.started_processes = fibers_.lent();
    row.state =
        is_online() ? SchedulerState::online : (row.started_processes > 0 ? SchedulerState::draining : SchedulerState::offline);
    row.cpu_ns = static_cast<std::uint64_t>(thread_time_now_ns());
    if (const RunningSlice slice = slice_.now(); slice.process != nullptr)
        row.reductions += static_cast<std::uint64_t>(group_.settings().reductions_of(worked_ns(slice)));
    row.context_switches = slice_.number();
    row.run_queue = queue_.lengths();
    row.running = Pid::from_bits(slice_.running());
    row.is_stuck = slice_.is_stuck();
    row.thread_id = thread_id_;
    return row;
}

} // namespace fiberscope::detail
