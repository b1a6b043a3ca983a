// SPDX-License-Identifier: BSL-1.0
#include "scheduler/scheduler.hpp"

#include "scheduler/fiber_algorithm.hpp"
#include "scheduler/program_exit.hpp"
#include "scheduler/sanitizer.hpp"
#include "scheduler/scheduler_group.hpp"
#include "scheduler/slice_monitor.hpp"
#include "scheduler/thread_state.hpp"

#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <system_error>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

/// A fiber never leaves its thread, so the address of this variable may be cached across switches.
[[gnu::tls_model("initial-exec")]] constinit thread_local Scheduler* current_scheduler = nullptr;

/// Idle fibers that a scheduler keeps with their stacks; more are ended.
constexpr std::size_t most_idle_fibers = 1024;

/// Fibers of the usual size that are there from the start. While others can be made they are not needed. Else servers that
/// have begun go on running on them, but for the last, which is for processes that have to end.
constexpr std::size_t most_kept_fibers = 4;

/// Boost's way to a stack of ours.
struct PoolStack {
    using traits_type = boost::context::stack_traits;
    StackPool* pool;
    Stack stack;

    boost::context::stack_context allocate() const noexcept {
        boost::context::stack_context context;
        context.size = stack.bytes;
        context.sp = stack.top;
        return context;
    }
    void deallocate(boost::context::stack_context& /*context*/) const noexcept { pool->release(stack); }
};

/// Where Boost cannot have memory for its own contexts it ends the program: it is tried beforehand, one thread after the other,
/// whether there is more than it takes.
void enter_boost(Scheduler& scheduler) {
    static std::mutex entering;
    constexpr std::size_t enough_bytes = std::size_t{512} * 1024;
    const std::lock_guard lock{entering};
    for (const std::size_t bytes : {enough_bytes, enough_bytes / 128}) {
        void* volatile memory = std::malloc(bytes); // NOLINT: not left out by the compiler
        if (memory == nullptr)
            throw std::bad_alloc{};
        std::free(memory); // NOLINT
    }
    boost::fibers::use_scheduling_algorithm<FiberAlgorithm>(scheduler);
}

} // namespace

void PooledFiber::run() {
    frames_end_ = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    scheduler_.switch_ended();
    do
        scheduler_.run_on(*this, std::exchange(assigned_, nullptr));
    while (scheduler_.park_idle(*this));
}

Scheduler::Scheduler(SchedulerGroup& group, std::uint32_t id)
    : group_{group}, id_{id}, now_ns_{clock_ns()}, started_ns_{now_ns_} {}

Scheduler::~Scheduler() = default;

Scheduler* Scheduler::current() noexcept {
    return current_scheduler;
}

// -- the thread's life ----

void Scheduler::run() {
    current_scheduler = this;
    const program_exit::Watch exit_watch;
    program_exit::KeptDestructors boost_state; // its destructor waits for all fibers, and one of them may call std::exit
    ::pthread_setname_np(::pthread_self(), ("fs-sched-" + std::to_string(id_)).c_str());
    thread_id_ = ::gettid();
    clockid_t clock{};
    if (::pthread_getcpuclockid(::pthread_self(), &clock) == 0)
        cpu_clock_ = clock;
    if (group_.settings().nice != 0)
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), group_.settings().nice); // best effort
    try {
        enter_boost(*this);
        boost_state.enough();
        live();
    } catch (...) {
        end_fibers();
        current_scheduler = nullptr;
        throw;
    }
    current_scheduler = nullptr;
}

void Scheduler::live() {
    main_context_ = boost::fibers::context::active();
    const AlternateStack signal_stack;
    keep_fibers();
    urging_timer_.emplace(*this);
    thread_ = ::pthread_self();
    SliceMonitor::instance().add(*this);
    group_.thread_is_ready();
    main_context_->suspend(); // comes back when the group stops and nothing is left to run
    switch_ended();
    SliceMonitor::instance().remove(*this);
    end_fibers();
    // a process that hangs in foreign code keeps its fiber, and Boost would wait for it: the thread is left behind
    while (busy_fibers_.get() > 0)
        ::pause();
    cpu_clock_ = 0;
    urging_timer_.reset();
}

void Scheduler::keep_fibers() {
    while (idle_fibers_[usual_class()].size() < most_kept_fibers) {
        PooledFiber* fiber = make_fiber(usual_class());
        if (fiber == nullptr)
            throw std::system_error{ENOMEM, std::generic_category(), "no memory for the stacks of a scheduler"};
        idle_fibers_[usual_class()].push_back(fiber);
    }
}

std::size_t Scheduler::usual_class() const noexcept {
    return StackPool::class_of(group_.settings().usual_stack_bytes);
}

/// How many are not lent to those who may keep them.
std::size_t Scheduler::kept_fibers(std::size_t stack_class) const noexcept {
    return stack_class == usual_class() ? most_kept_fibers : 0;
}

/// Lets every idle fiber run to its end, so that Boost can free them.
void Scheduler::end_fibers() noexcept {
    phase_ = Phase::ending_fibers;
    for (auto& fibers : idle_fibers_)
        while (!fibers.empty()) {
            ending_fiber_ = fibers.back();
            fibers.pop_back();
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

/// nullptr: there is no fiber for it.
boost::fibers::context* Scheduler::context_for(Schedulable& process) noexcept {
    if (PooledFiber* own = process.fiber.load(std::memory_order_relaxed)) {
        switch_begins(own);
        return own->context();
    }
    PooledFiber* fiber = fiber_for(process);
    if (fiber == nullptr)
        return nullptr;
    busy_fibers_.add(1);
    fiber->assign(&process);
    switch_begins(fiber);
    return fiber->context();
}

/// An idle fiber, or a new one. Where none can be made, those that are kept serve servers that have begun; any other process
/// has to end, and gets one for that. nullptr: it has to wait until one is idle.
PooledFiber* Scheduler::fiber_for(Schedulable& process) noexcept {
    const std::size_t stack_class = StackPool::class_of(process.stack_bytes);
    auto& idle = idle_fibers_[stack_class];
    if (idle.size() > kept_fibers(stack_class)) {
        PooledFiber* fiber = idle.back();
        idle.pop_back();
        return fiber;
    }
    if (PooledFiber* made = make_fiber(stack_class))
        return made;
    if (!process.is_new && idle.size() > 1)
        return take_idle(stack_class);
    PooledFiber* any = take_idle(usual_class());
    for (std::size_t other = 0; any == nullptr && other < idle_fibers_.size(); ++other)
        any = take_idle(other);
    if (any != nullptr)
        process.end_without_stack();
    return any;
}

/// Not the one that suspends just now.
PooledFiber* Scheduler::take_idle(std::size_t stack_class) noexcept {
    auto& idle = idle_fibers_[stack_class];
    const auto found = std::find_if(idle.begin(), idle.end(), [active = boost::fibers::context::active()](PooledFiber* fiber) {
        return fiber->context() != active;
    });
    if (found == idle.end())
        return nullptr;
    PooledFiber* fiber = *found;
    idle.erase(found);
    return fiber;
}

PooledFiber* Scheduler::make_fiber(std::size_t stack_class) noexcept {
    const std::optional<Stack> stack = group_.stacks().try_allocate(StackPool::class_bytes(stack_class));
    if (!stack)
        return nullptr;
    try {
        idle_fibers_[stack_class].reserve(most_idle_fibers); // for `park_idle`
        auto owned = std::make_unique<PooledFiber>(*this, stack_class);
        PooledFiber& fiber = *owned;
        fiber.set_stack(*stack);
        being_made_ = &fiber;
        boost::fibers::fiber{boost::fibers::launch::post, std::allocator_arg, PoolStack{&group_.stacks(), *stack},
                             [owned = std::move(owned)] { owned->run(); }}
            .detach();
        return &fiber;
    } catch (const std::bad_alloc&) { // of the first two lines: Boost's own things lie on the stack
        group_.stacks().release(*stack);
        return nullptr;
    }
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
    if (lost_fiber_ != nullptr)
        bury();
}

// -- dispatch ----

void Scheduler::run_on(PooledFiber& fiber, Schedulable* work) noexcept {
    while (work != nullptr) {
        work->fiber.store(&fiber, std::memory_order_relaxed);
        ThreadState::reset();
        begin_slice(*work);
        if (work->run_slice(*this) == SliceEnd::over) {
            count_preemption(*work, why_over());
            end_slice(*work);
            work->fiber.store(nullptr, std::memory_order_relaxed);
            work->run_state.store(RunState::runnable, std::memory_order_relaxed);
            queue_.push_preempted(*work);
        }
        if (fiber.zone() != Zone::closed) [[unlikely]]
            close_zone(fiber);
        work = pick();
        const bool mine = work != nullptr && work->fiber.load(std::memory_order_relaxed) == nullptr &&
                          StackPool::class_of(work->stack_bytes) == fiber.stack_class() &&
                          idle_fibers_[fiber.stack_class()].size() >= kept_fibers(fiber.stack_class());
        if (!mine) {
            choose(work);
            return;
        }
    }
}

bool Scheduler::park_idle(PooledFiber& fiber) noexcept {
    if (phase_ != Phase::running)
        return false;
    busy_fibers_.set(busy_fibers_.get() - 1);
    auto& idle = idle_fibers_[fiber.stack_class()];
    if (idle.size() < most_idle_fibers) {
        idle.push_back(&fiber); // reserved by make_fiber: does not allocate
        fiber.set_used(true);
        requeue_those_without_fiber();
        if (++parked_fibers_ >= most_idle_fibers)
            trim_idle_fibers(); // one that never sleeps does it at work
    } else
        lost_fiber_ = &fiber; // Boost would keep its stack until this scheduler has nothing to do
    fiber.context()->suspend();
    switch_ended();
    return phase_ == Phase::running;
}

void Scheduler::switch_out(Schedulable& process) noexcept {
    Schedulable* next = pick();
    if (next != &process) {
        choose(next);
        const ThreadState state;
        process.fiber.load(std::memory_order_relaxed)->context()->suspend();
        switch_ended();
    }
    begin_slice(process);
}

void Scheduler::yield(Schedulable& process, SliceOver why) noexcept {
    count_preemption(process, why);
    end_slice(process);
    process.run_state.store(RunState::runnable, std::memory_order_relaxed);
    queue_.push_preempted(process);
    switch_out(process);
}

void Scheduler::count_preemption(Schedulable& process, SliceOver why) noexcept {
    switch (why) {
    case SliceOver::asked: return;
    case SliceOver::budget: return budget_preemptions_.add();
    case SliceOver::flag: flag_preemptions_.add(); break;
    case SliceOver::signal: signal_preemptions_.add(); break;
    }
    process.preemptions.add();
    last_preempted_.set(process.id_bits());
}

void Scheduler::choose(Schedulable* next) noexcept {
    next_ = next;
    chosen_ = true;
}

Schedulable* Scheduler::pick() noexcept {
    if (inbox_.load(std::memory_order_relaxed) != nullptr)
        drain_inbox();
    if (has_requests_.load(std::memory_order_acquire))
        run_requests();
    if (now_ns_ >= timers_.next_ns())
        fire_timers();
    share_work();
    const std::uint32_t used = std::exchange(last_used_, 0);
    Schedulable* next = queue_.pop(used, static_cast<std::uint32_t>(group_.settings().reductions_per_slice));
    return next != nullptr ? next : steal();
}

void Scheduler::begin_slice(Schedulable& process) noexcept {
    reductions_left_ = group_.settings().reductions_per_slice;
    preempt_.store(false, std::memory_order_relaxed);
    slice_began_ns_.set(now_ns_);
    run_began_ns_ = now_ns_;
    switches_.add();
    active_.store(&process, std::memory_order_release);
    running_.set(process.id_bits());
    process.is_new = false;
    const Stack& stack = process.fiber.load(std::memory_order_relaxed)->stack();
    unguarded_low_ = stack.is_guarded ? 0 : stack.low();
    if (is_idle())
        idle_.store(false, std::memory_order_seq_cst); // before the look for those who wait: who comes later looks at this
    process.home.store(this, std::memory_order_relaxed);
    process.run_state.store(RunState::running, std::memory_order_relaxed);
    if (!queue_.empty() || has_pending())
        SliceMonitor::instance().watch();
    else if (timers_.next_ns() != never_ns)
        SliceMonitor::instance().rest();
    process.slice_begins(*this);
}

void Scheduler::account(Schedulable& process) noexcept {
    now_ns_ = clock_ns();
    const std::int64_t ran_ns = now_ns_ - slice_began_ns_.get();
    const std::int64_t counted = std::max(group_.settings().reductions_per_slice - reductions_left_, 0);
    const std::int64_t used = std::max(counted, group_.settings().reductions_of(ran_ns));
    last_used_ = static_cast<std::uint32_t>(std::min<std::int64_t>(used, group_.settings().reductions_per_slice));
    reductions_.add(static_cast<std::uint64_t>(used));
    process.account(ran_ns, static_cast<std::uint64_t>(used));
    const std::int64_t run_ns = now_ns_ - run_began_ns_;
    if (run_ns > process.longest_run_ns.get())
        process.longest_run_ns.set(run_ns);
    if (run_ns > longest_run_ns_.get())
        longest_run_ns_.set(run_ns);
}

void Scheduler::end_slice(Schedulable& process) noexcept {
    account(process);
    active_.store(nullptr, std::memory_order_release);
    running_.set(0);
    if (is_stuck())
        set_stuck(false);
    process.slice_ends();
}

bool Scheduler::someone_waits() noexcept {
    now_ns_ = clock_ns();
    if (inbox_.load(std::memory_order_relaxed) != nullptr)
        drain_inbox();
    return !queue_.empty() || now_ns_ >= timers_.next_ns() || has_requests_.load(std::memory_order_relaxed);
}

void Scheduler::renew_slice(Schedulable& process) noexcept {
    account(process);
    slice_began_ns_.set(now_ns_);
    reductions_left_ = group_.settings().reductions_per_slice;
    preempt_.store(false, std::memory_order_relaxed);
}

std::uint32_t Scheduler::queue_length() const noexcept {
    const auto lengths = queue_.lengths();
    return lengths[0] + lengths[1] + lengths[2] + lengths[3];
}

SchedulerRow Scheduler::row() const {
    SchedulerRow row;
    row.id = id_;
    row.started_processes = busy_fibers_.get();
    row.state =
        is_online() ? SchedulerState::online : (row.started_processes > 0 ? SchedulerState::draining : SchedulerState::offline);
    const std::int64_t now = clock_ns();
    row.total_ns = static_cast<std::uint64_t>(now - started_ns_);
    const std::int64_t idle_since = idle_since_ns_.get();
    const std::uint64_t idle =
        idle_ns_.get() + static_cast<std::uint64_t>(idle_since != 0 ? std::max<std::int64_t>(now - idle_since, 0) : 0);
    row.busy_ns = row.total_ns - std::min(idle, row.total_ns);
    timespec cpu{};
    if (const clockid_t clock = cpu_clock_; clock != 0 && ::clock_gettime(clock, &cpu) == 0)
        row.cpu_ns = static_cast<std::uint64_t>(cpu.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(cpu.tv_nsec);
    row.reductions = reductions_.get();
    if (const RunningSlice slice = running_slice(); slice.process != nullptr)
        row.reductions +=
            static_cast<std::uint64_t>(group_.settings().reductions_of(std::max<std::int64_t>(now - slice.began_ns, 0)));
    row.context_switches = switches_.get();
    row.steals = steals_.get();
    row.wake_ups = wake_ups_.get();
    row.messages = messages.get();
    row.spawns = spawns.get();
    row.exits = exits.get();
    row.run_queue = queue_.lengths();
    row.running = Pid::from_bits(running_.get());
    row.budget_preemptions = budget_preemptions_.get();
    row.flag_preemptions = flag_preemptions_.get();
    row.signal_preemptions = signal_preemptions_.get();
    row.signal_refusals = signal_refusals_.get();
    row.last_preempted = Pid::from_bits(last_preempted_.get());
    row.longest_run_ns = static_cast<std::uint64_t>(longest_run_ns_.get());
    row.is_stuck = is_stuck();
    row.thread_id = thread_id_;
    return row;
}

} // namespace fiberscope::detail
