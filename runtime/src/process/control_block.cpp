// SPDX-License-Identifier: BSL-1.0
#include "process/control_block.hpp"

#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "base/thread_wait.hpp"
#include "process/process_system.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/scheduler_group.hpp"

#include <algorithm>
#include <exception>

namespace fiberscope {

namespace {
[[gnu::tls_model("initial-exec")]] constinit thread_local Process* running_process = nullptr;
}

/// Never inlined: a process may go on on another thread, whose variable is another one.
[[gnu::noinline]] Process* current_process() noexcept {
    asm volatile("" ::: "memory");
    return running_process;
}

} // namespace fiberscope

namespace fiberscope::detail {

namespace {
/// What the label of a row shows at most.
constexpr std::size_t longest_label = 63;
} // namespace

SuspendSignal ControlBlock::closed_{SignalKind::suspend};

ControlBlock::ControlBlock(ProcessSystem& system, std::uint32_t slot)
    : system_{system}, slot_{slot}, pid_base_{Pid{system.id(), slot, 0}.bits()}, signals_{closed_queue()}, process_{*this} {}

ControlBlock::~ControlBlock() {
    if (signals_.load() == closed_queue())
        return;
    for (auto signal = take_signals(nullptr); signal != nullptr;)
        signal.reset(std::exchange(signal->next, nullptr));
}

Status ControlBlock::status() const noexcept {
    if ((identity_.load(std::memory_order_relaxed) & exiting_bit) != 0)
        return Status::exiting;
    if (shown.blocking.get())
        return Status::blocking;
    const RunState state = run_state.load(std::memory_order_relaxed);
    if (state == RunState::running)
        return Status::running;
    if (shown.suspended.get())
        return Status::suspended;
    return state == RunState::runnable ? Status::runnable : Status::waiting;
}

// -- life ----

Pid ControlBlock::begin_life(const SpawnOptions& options, Pid parent, std::int64_t now_ns) {
    shown.flags.set(0);
    if (!options.label.empty()) // what may fail comes first
        set_label(options.label);
    if (options.heap_limit.most != 0 || options.message_queue_limit.most != 0) {
        holdings().heap_limit.limit = options.heap_limit;
        holdings().message_queue_limit.limit = options.message_queue_limit;
    }
    priority.store(options.priority, std::memory_order_relaxed);
    stack_bytes = options.stack_bytes;
    low_turns_missed = 0;
    home.store(nullptr, std::memory_order_relaxed);
    stays = options.pin;
    is_pinned = false;
    wake_at_ns.store(never_ns, std::memory_order_seq_cst);
    shown.parent.set(parent.bits());
    for (Counter64* counter :
         {&shown.reductions, &shown.cpu_ns, &shown.messages_in, &shown.messages_out, &shown.mailbox_bytes, &shown.heap_bytes})
        counter->set(0);
    for (Counter32* counter :
         {&shown.stack_used_bytes, &shown.message_queue_length, &shown.links, &shown.monitors, &shown.context_switches})
        counter->set(0);
    shown.calls.set(0);
    shown.call_site.set(0);
    shown.started_ns.set(now_ns);
    shown.state_since_ns.set(now_ns);
    linked_parent_ = options.link ? parent : Pid{};
    starter_ = {};
    start_ignored_ = crashed_ = false;
    pending_exit_.reset();
    start_failure_.reset();
    end_stack_.reset();
    is_abandoned_ = is_unwinding_ = is_finishing_ = end_is_announced_ = crash_is_reported_ = false;
    is_wanted.store(false, std::memory_order_relaxed);
    preemption = options.preemption;
    preemptions.set(0);
    refusals.set(0);
    longest_run_ns.set(0);
    identity_.store(identity_.load(std::memory_order_relaxed) | live_bit, std::memory_order_release);
    signals_.store(nullptr, std::memory_order_release);
    return pid();
}

void ControlBlock::take_life_back() noexcept {
    const std::uint64_t identity = identity_.load(std::memory_order_relaxed);
    if ((identity & live_bit) != 0) {
        identity_.store((identity & ~live_bit) | exiting_bit, std::memory_order_seq_cst);
        system_.registry().release(*this);
        close_signals(); // a Node that stops sends them to all that it finds
        identity_.store(((identity >> 2U) + 1) << 2U, std::memory_order_release);
    }
    while (auto message = mailbox.pop()) {
        const UserCode destructor;
        message.reset();
    }
    links.take();
    monitored_by.take();
    holdings_.reset();
    const std::lock_guard lock{system_.label_mutex};
    rare_.reset();
}

ControlBlock::Rare& ControlBlock::rare() {
    if (rare_ == nullptr)
        rare_ = std::make_unique<Rare>();
    return *rare_;
}

void ControlBlock::set_label(std::string_view label) {
    const std::lock_guard lock{system_.label_mutex};
    rare().label = label.substr(0, longest_label);
    set_flag(ProcessRow::label_flag, !label.empty());
}

bool ControlBlock::copy_label(std::string& label) const {
    const std::lock_guard lock{system_.label_mutex};
    if ((shown.flags.get() & ProcessRow::label_flag) == 0 || rare_ == nullptr)
        return false;
    label = rare_->label;
    return true;
}

Event ControlBlock::event_of(EventKind kind) const {
    Event event;
    event.kind = kind;
    event.pid = pid();
    event.initial_function = shown.initial_name.get();
    event.initial_address = shown.initial_function.get();
    event.initial_type = shown.initial_type.get();
    return event;
}

void ControlBlock::set_flag(std::uint8_t flag, bool value) noexcept {
    const std::uint8_t flags = shown.flags.get();
    shown.flags.set(static_cast<std::uint8_t>(value ? flags | flag : flags & ~flag));
}

void ControlBlock::become_external() {
    if (external_ == nullptr)
        external_ = std::make_unique<ThreadWait>();
    scheduler_ = nullptr;
    set_flag(ProcessRow::external_flag, true);
    run_state.store(RunState::running, std::memory_order_release);
}

// -- being woken ----

bool ControlBlock::push(Signal& signal) noexcept {
    Signal* head = signals_.load(std::memory_order_relaxed);
    do {
        if (head == closed_queue())
            return false;
        signal.next = head;
    } while (!signals_.compare_exchange_weak(head, &signal, std::memory_order_seq_cst, std::memory_order_relaxed));
    return true;
}

bool ControlBlock::push_there(Signal& signal) noexcept {
    Signal* head = signals_.load(std::memory_order_relaxed);
    do {
        if (head == closed_queue())
            return false;
        signal.next = head;
    } while (!signals_.compare_exchange_weak(head, &signal, std::memory_order_seq_cst, std::memory_order_relaxed));
    if (head != nullptr)
        return true; // who found it empty wakes it
    if ((shown.flags.get() & ProcessRow::external_flag) != 0) [[unlikely]]
        external_->notify();
    else
        system_.group().poke(*this);
    return true;
}

ControlBlock::Pushed ControlBlock::push_here(Scheduler& here, Signal& signal) noexcept {
    BiasedLock& lock = here.queue().lock();
    lock.lock();
    if (home.load(std::memory_order_acquire) != &here) [[unlikely]] {
        lock.unlock();
        if (!here.adopt(*this))
            return Pushed::elsewhere;
        lock.lock();
    }
    if (signals_.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
        if (signals_.load(std::memory_order_relaxed) == closed_queue()) {
            lock.unlock();
            return Pushed::dead;
        }
        take_remote(); // what the sender has pushed there before, when it was elsewhere, comes first
    }
    signal.next = nullptr;
    (local_tail_ != nullptr ? local_tail_->next : local_head_) = &signal;
    local_tail_ = &signal;
    const bool wakes = here.make_runnable(*this);
    lock.unlock();
    if (wakes)
        here.watch_if_busy();
    return Pushed::yes;
}

/// What has come from elsewhere goes behind what is here. **Pre-condition:** the queue is not closed.
void ControlBlock::take_remote() noexcept {
    Signal* newest = signals_.exchange(nullptr, std::memory_order_acq_rel);
    if (newest == nullptr)
        return;
    Signal* last = newest;
    Signal* oldest = nullptr;
    while (newest != nullptr)
        oldest = std::exchange(newest, std::exchange(newest->next, oldest));
    (local_tail_ != nullptr ? local_tail_->next : local_head_) = oldest;
    local_tail_ = last;
}

void ControlBlock::wake() noexcept {
    if ((shown.flags.get() & ProcessRow::external_flag) != 0)
        external_->notify();
    else
        system_.group().wake(*this);
}

bool ControlBlock::has_signals() const noexcept {
    if (local_head_ != nullptr)
        return true;
    const Signal* newest = signals_.load(std::memory_order_acquire);
    return newest != nullptr && newest != closed_queue();
}

bool ControlBlock::has_reason_to_wake() const noexcept {
    if (has_signals() && !pending_exit_) // with a pending exit they are left alone
        return true;
    const bool timed_out =
        wake_at_ns.load(std::memory_order_relaxed) != never_ns && timer_entry_ns.load(std::memory_order_seq_cst) == never_ns;
    const bool has_come = awaited_ != nullptr && awaited_->load(std::memory_order_seq_cst);
    return has_come || timed_out;
}

// -- slices ----

SliceEnd ControlBlock::run_slice() {
    if (is_abandoned_) {
        finish();
        return SliceEnd::gone;
    }
    for (;;) {
        handle_signals();
        Turn turn = Turn::ended;
        if (!pending_exit_)
            turn = code_->run(*this);
        else
            end_reason_ = *pending_exit_;
        if (scheduler_->has_overflowed(*this)) [[unlikely]]
            turn = end_for_overflow();
        if (turn == Turn::over)
            return SliceEnd::over;
        if (turn == Turn::ended) {
            finish();
            return SliceEnd::gone;
        }
        if (go_waiting(*scheduler_))
            return SliceEnd::gone;
    }
}

void ControlBlock::slice_begins(Scheduler& scheduler) noexcept {
    scheduler_ = &scheduler;
    running_process = &process_;
    if (pending_exit_ && ends_since_ns_ != not_measured) [[unlikely]]
        ends_since_ns_ = thread_time_ns(); // others have used the thread meanwhile
    shown.context_switches.add();
    shown.state_since_ns.set(scheduler.now_ns());
}

void ControlBlock::account(std::int64_t ran_ns, std::uint64_t reductions) noexcept {
    shown.cpu_ns.add(static_cast<std::uint64_t>(ran_ns));
    shown.reductions.add(reductions);
}

void ControlBlock::slice_ends() noexcept {
    running_process = nullptr;
    shown.state_since_ns.set(scheduler_->now_ns());
}

/// Leaves the scheduler without frames. False: something has come meanwhile, the slice goes on.
bool ControlBlock::go_waiting(Scheduler& scheduler) noexcept {
    if (has_reason_to_wake())
        return false;
    scheduler.end_slice(*this);
    fiber.store(nullptr, std::memory_order_relaxed);
    is_pinned = stays;
    run_state.store(RunState::waiting, std::memory_order_release); // what comes from elsewhere from here on comes by a poke
    return true;
}

/// Not where others hold addresses of this stack, nor where little of it is left: it may not come back, or need much.
bool ControlBlock::may_print() const noexcept {
    constexpr std::uintptr_t enough_bytes = 20 * 1024;
    if (awaited_ != nullptr)
        return false;
    if (!is_computing_)
        return true;
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    return here >= fiber.load(std::memory_order_relaxed)->stack().low() + enough_bytes;
}

/// Where its own code called the runtime.
void ControlBlock::note_place() noexcept {
    shown.call_site.set(reinterpret_cast<std::uintptr_t>(code_depth.called_from));
    note_stack_depth();
}

void ControlBlock::note_stack_depth() noexcept {
    const Stack& stack = fiber.load(std::memory_order_relaxed)->stack();
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    const auto depth = static_cast<std::uint32_t>(std::min<std::uintptr_t>(stack.high() - here, stack.bytes));
    shown.stack_used_bytes.set(std::max(shown.stack_used_bytes.get(), depth));
}

/// Leaves the scheduler with its frames: comes back when woken.
void ControlBlock::park_fiber(Scheduler& scheduler) noexcept {
    note_place();
    if (scheduler.has_overflowed(*this)) [[unlikely]] {
        if (awaited_ == nullptr)
            abandon_if_overflowed();
        scheduler.urge_to_end(false); // others hold addresses of this stack: it ends when they are done
    }
    scheduler.end_slice(*this);
    if (has_reason_to_wake())
        scheduler.begin_slice(*this);
    else {
        scheduler.leaves(*this, false);
        run_state.store(RunState::waiting, std::memory_order_release);
        scheduler.switch_out(*this); // may come back on another scheduler
    }
    if (scheduler_->has_overflowed(*this)) [[unlikely]] {
        scheduler_->request_preemption();
        scheduler_->urge_to_end(true);
    }
}

void ControlBlock::park(std::int64_t deadline_ns) {
    if (is_external()) {
        external_->wait(deadline_ns);
        return;
    }
    if (deadline_ns != never_ns)
        scheduler_->arm(*this, deadline_ns);
    else if (wake_at_ns.load(std::memory_order_relaxed) != never_ns)
        wake_at_ns.store(never_ns, std::memory_order_seq_cst); // a server's idle time may be over: not now
    park_fiber(*scheduler_);
    if (wake_at_ns.load(std::memory_order_relaxed) != never_ns)
        wake_at_ns.store(never_ns, std::memory_order_seq_cst);
}

void ControlBlock::safe_point(std::int32_t reductions) {
    if (current_process() != &process_) [[unlikely]] { // an external process is never what a scheduler runs
        check_foreign_caller();
        return external_safe_point();
    }
    if (scheduler_->charge(reductions)) [[unlikely]]
        slice_over();
}

void ControlBlock::slice_over() {
    note_place();
    abandon_if_overflowed();
    if (is_unwinding_ || unwinds())
        abandon_if_time_is_up();
    const Marked computing{is_computing_};
    if (code_depth.is_pinned()) {
        handle_signals();
        throw_if_ended();
        return;
    }
    if (!unwinds()) {
        if (scheduler_->someone_waits())
            scheduler_->yield(*this, scheduler_->why_over());
        else
            scheduler_->renew_slice(*this);
        handle_signals();
        while (is_suspended() && !pending_exit_ && !is_handling_) {
            park(never_ns);
            handle_signals();
        }
        throw_if_ended();
    } else
        scheduler_->renew_slice(*this);
}

std::int64_t ControlBlock::now_ns() const noexcept {
    return is_external() ? clock_ns() : scheduler_->now_ns();
}

void ControlBlock::messages_changed() noexcept {
    shown.message_queue_length.set(static_cast<std::uint32_t>(mailbox.size()));
    shown.mailbox_bytes.set(mailbox.bytes());
}

void ControlBlock::run_blocking(BlockingCall& call) {
    if (is_external()) {
        call.run();
        return;
    }
    const ShownWhile is_blocking{shown.blocking, true};
    std::atomic<bool> is_done{false};
    BlockingPool& pool = system_.group().blocking_pool();
    const auto job = pool.submit([this, &call, &is_done, alive = system_.shared_from_this()] {
        call.run();
        is_done.store(true, std::memory_order_seq_cst); // from here on the call and this flag may be gone
        alive->group().wake(*this);
    });
    // The function uses this stack: whatever happens meanwhile, the process waits for it, once it has begun.
    park_for(is_done, [this, &pool, job] {
        if (!pending_exit_)
            return true;
        if (!unwinds() && pool.withdraw(job))
            return false;
        if (!std::exchange(end_is_announced_, true))
            announce_end(*pending_exit_); // the function cannot be stopped, but nobody waits for it (X18)
        return true;
    });
    throw_if_ended();
}

void ControlBlock::report_started() {
    const auto [starter, request] = std::exchange(starter_, {});
    if (!starter)
        return;
    auto report = std::make_unique<Envelope<StartReport>>(SignalKind::message, StartReport{StartReport::Outcome::started, {}});
    report->role = MessageRole::reply;
    report->tag = request;
    report->from = pid();
    system_.send(starter, std::move(report));
}

} // namespace fiberscope::detail
