// SPDX-License-Identifier: BSL-1.0
#include "process/control_block.hpp"
#include "base/cut_text.hpp"

#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "base/thread_wait.hpp"
#include "process/process_system.hpp"
#include "scheduler/scheduler_group.hpp"

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

ControlBlock::ControlBlock(ProcessSystem& system, std::uint32_t slot)
    : identity_{system.id(), slot}, account_{allocation_library != nullptr ? allocation_library->open() : nullptr},
      system_{system}, process_{*this} {}

ControlBlock::~ControlBlock() {
    if (account_ != nullptr)
        allocation_library->give_back(*account_);
}

// -- what others see ----

Status ControlBlock::status() const noexcept {
    if (identity_.is_exiting())
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

Event ControlBlock::event_of(EventKind kind) const {
    Event event;
    event.kind = kind;
    event.pid = pid();
    event.initial_function = shown.initial_name.get();
    event.initial_address = shown.initial_function.get();
    event.initial_type = shown.initial_type.get();
    return event;
}

void ControlBlock::set_label(std::string_view label) {
    constexpr std::size_t most_bytes = 63; // that a row shows
    std::size_t end = std::min(label.size(), most_bytes);
    while (end > 0 && end < label.size() && !begins_character(label[end]))
        --end;
    auto kept = label.empty() ? nullptr : std::make_unique<std::string>(label.substr(0, end));
    const std::lock_guard lock{system_.label_mutex};
    label_ = std::move(kept);
    shown.set_flag(ProcessRow::label_flag, label_ != nullptr);
}

bool ControlBlock::copy_label(std::string& label) const {
    if (!shown.has_flag(ProcessRow::label_flag))
        return false;
    const std::lock_guard lock{system_.label_mutex};
    if (label_ == nullptr)
        return false;
    label = *label_;
    return true;
}

std::string ControlBlock::name() const {
    std::string name;
    if (const Atom registered = Atom::from_id(shown.name.get()))
        name = registered.name();
    else
        copy_label(name);
    return name;
}

void ControlBlock::drop_label() noexcept {
    if (!shown.has_flag(ProcessRow::label_flag))
        return;
    const std::lock_guard lock{system_.label_mutex};
    label_.reset();
}

// -- from birth to end ----

Pid ControlBlock::begin_life(const SpawnOptions& options, Pid parent, std::int64_t now_ns) {
    shown.flags.set(0);
    if (!options.label.empty()) // what may fail comes first
        set_label(options.label);
    life_.emplace(*this, options, parent);
    shown.begin(parent, now_ns);
    begin(options.priority, options.stack_bytes, options.pin, options.preemption);
    identity_.begin();
    signal_queue.open();
    return pid();
}

void ControlBlock::take_life_back() noexcept {
    if (identity_.has_begun()) {
        exits();
        life_->close_signals(); // a Node that stops sends them to all that it finds
        identity_.free();
    }
    while (auto message = life_ ? life_->mailbox.pop() : nullptr) {
        const UserCode destructor;
        message.reset();
    }
    life_.reset();
    drop_label();
}

void ControlBlock::become_external() {
    if (external_ == nullptr)
        external_ = std::make_unique<ThreadWait>();
    scheduler_ = nullptr;
    run_state.store(RunState::running, std::memory_order_release);
}

void ControlBlock::exits() noexcept {
    identity_.exits();
    system_.registry().release(*this);
}

void ControlBlock::end_life() noexcept {
    const std::uint32_t scheduler = scheduler_ != nullptr ? scheduler_->id() : 0;
    if (scheduler_ != nullptr)
        scheduler_->end_slice(*this);
    drop_label();
    life_.reset();
    if (account_ != nullptr)
        allocation_library->close(*account_);
    shown.suspended.set(false);
    shown.blocking.set(false);
    identity_.free();
    fiber.store(nullptr, std::memory_order_relaxed);
    run_state.store(RunState::unused, std::memory_order_relaxed);
    system_.table().release(*this, scheduler);
}

// -- being woken ----

bool ControlBlock::push_there(Signal& signal) noexcept {
    const SignalQueue::Pushed pushed = signal_queue.push(signal);
    if (pushed == SignalQueue::Pushed::closed)
        return false;
    if (pushed == SignalQueue::Pushed::behind)
        return true; // who found it empty wakes it
    if (shown.has_flag(ProcessRow::external_flag)) [[unlikely]]
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
    if (!signal_queue.push_here(signal)) [[unlikely]] {
        lock.unlock();
        return Pushed::dead;
    }
    const bool wakes = here.make_runnable(*this);
    lock.unlock();
    if (wakes)
        here.watch_if_busy();
    return Pushed::yes;
}

void ControlBlock::wake() noexcept {
    if (shown.has_flag(ProcessRow::external_flag))
        external_->notify();
    else
        system_.group().wake(*this);
}

// -- slices ----

void ControlBlock::slice_begins(Scheduler& scheduler) noexcept {
    scheduler_ = &scheduler;
    running_process = &process_;
    code_depth.account = account_;
    life_->ending.slice_begins();
    shown.context_switches.add();
    shown.state_since_ns.set(scheduler.now_ns());
}

void ControlBlock::account(std::int64_t ran_ns, std::uint64_t reductions) noexcept {
    shown.cpu_ns.add(static_cast<std::uint64_t>(ran_ns));
    shown.reductions.add(reductions);
}

void ControlBlock::slice_ends() noexcept {
    running_process = nullptr;
    code_depth.account = nullptr;
    shown.state_since_ns.set(scheduler_->now_ns());
}

std::int64_t ControlBlock::now_ns() const noexcept {
    return is_external() ? clock_ns() : scheduler_->now_ns();
}

/// One that is external has no slices, but may have been ended.
void ControlBlock::safe_point_elsewhere() {
    check_foreign_caller();
    life_->handle_signals();
    life_->throw_if_ended();
}

} // namespace fiberscope::detail
