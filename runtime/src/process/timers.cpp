// SPDX-License-Identifier: BSL-1.0
/// Timers that send a message: made, cancelled and read by processes, due on the scheduler that holds them.
#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "process/plain_code.hpp"
#include "process/process_system.hpp"

#include <algorithm>
#include <atomic>

namespace fiberscope::detail {

TimerRef ProcessSystem::start_timer(std::int64_t at_ns, const Target& target, std::unique_ptr<MessageSignal> message,
                                    bool is_timeout) {
    Scheduler* here = Scheduler::current();
    if (here == nullptr || &here->group() != &group_)
        here = group_.schedulers().front().get();
    const std::uint32_t scheduler = here->id();
    const TimerRef ref = timers_[scheduler - 1]->add(at_ns, target, std::move(message), is_timeout);
    if (target.pid) {
        ControlBlock* block = table_.find(target.pid);
        if (block != nullptr)
            block->timer_schedulers.fetch_or(std::uint64_t{1} << ((scheduler - 1) % 64U), std::memory_order_seq_cst);
        if (block == nullptr || !block->is_live(target.pid.serial())) {
            for (auto& due : timers_[scheduler - 1]->drop_target(target.pid)) // the queue has not heard of this one yet
                answer_for_the_dead(target.pid, std::move(due.message));
            return ref;
        }
    }
    try {
        if (here == Scheduler::current())
            here->timers().add(here->now_ns(), at_ns, nullptr, ref.bits());
        else
            here->post([at_ns, ref](Scheduler& owner) { owner.timers().add(owner.now_ns(), at_ns, nullptr, ref.bits()); });
    } catch (...) {
        cancel_timer(ref); // it would never fire
        throw;
    }
    return ref;
}

TimerTable* ProcessSystem::timers_of(TimerRef timer) const noexcept {
    const std::uint32_t scheduler = TimerTable::scheduler_of(timer);
    return scheduler >= 1 && scheduler <= timers_.size() ? timers_[scheduler - 1].get() : nullptr;
}

std::optional<std::int64_t> ProcessSystem::cancel_timer(TimerRef timer) {
    TimerTable* table = timers_of(timer);
    if (table == nullptr)
        return std::nullopt;
    auto cancelled = table->take(timer);
    if (!cancelled)
        return std::nullopt;
    have_gone_stale(TimerTable::scheduler_of(timer), 1);
    answer_for_the_dead(cancelled->pid, std::move(cancelled->message));
    return cancelled->at_ns;
}

/// The queue of a scheduler is purged when most of it is stale: by the scheduler itself, whose it is.
void ProcessSystem::have_gone_stale(std::uint32_t scheduler, std::size_t count) noexcept {
    TimerTable& table = *timers_[scheduler - 1];
    if (!table.count_stale(static_cast<std::uint32_t>(count)))
        return;
    const auto purge = [&table](Scheduler& owner) {
        if (table.stale() <= owner.timers().size() / 2)
            return;
        owner.timers().purge([&table](const TimerQueue::Entry& entry) {
            return entry.process == nullptr && !table.is_pending(TimerRef{entry.timer});
        });
        table.purged();
    };
    Scheduler& owner = *group_.schedulers()[scheduler - 1];
    if (&owner == Scheduler::current()) {
        purge(owner);
        return;
    }
    try {
        owner.post(purge);
    } catch (const std::bad_alloc&) { // they are purged with the next ones, or run out
    }
}

std::optional<std::int64_t> ProcessSystem::read_timer(TimerRef timer) const {
    const TimerTable* table = timers_of(timer);
    return table != nullptr ? table->read(timer) : std::nullopt;
}

void ProcessSystem::drop_timers_of(ControlBlock& block, Pid pid) {
    if (block.timer_schedulers.load(std::memory_order_seq_cst) == 0)
        return;
    const std::uint64_t holders = block.timer_schedulers.exchange(0, std::memory_order_seq_cst);
    for (std::size_t i = 0; i < timers_.size(); ++i)
        if ((holders >> (i % 64U) & 1U) != 0) {
            auto dropped = timers_[i]->drop_target(pid);
            have_gone_stale(static_cast<std::uint32_t>(i + 1), dropped.size());
            for (auto& due : dropped)
                block.life().mailbox.push(std::move(due.message)); // destroyed with the others that it did not take
        }
}

std::uint32_t ProcessSystem::pending_timers() const noexcept {
    std::uint32_t pending = 0;
    for (const auto& table : timers_)
        pending += table->pending();
    return pending;
}

void ProcessSystem::fire_timer(Scheduler& scheduler, std::uint64_t timer) noexcept {
    auto due = timers_[scheduler.id() - 1]->take(TimerRef{timer});
    if (!due)
        return;
    const Pid target = due->pid ? due->pid : registry_.find(due->name);
    due->message->sent_ns = scheduler.now_ns();
    hand_over(target, *due->message);
    std::unique_ptr<Signal> message = std::move(due->message);
    if (target)
        message = try_send(target, std::move(message));
    if (message != nullptr)
        destroy_undelivered(std::move(message));
}

/// No process runs here whose code its destructor could be: it gets one.
void ProcessSystem::destroy_undelivered(std::unique_ptr<Signal> signal) noexcept {
    if (!static_cast<const MessageSignal&>(*signal).type->has_destructor)
        return;
    try {
        auto body = [message = std::move(signal)](Process& /*self*/) {};
        SpawnPlan plan;
        plan.code = std::make_unique<PlainCode>(std::make_unique<BodyOf<decltype(body)>>(std::move(body)));
        plan.flags = ProcessRow::system_flag;
        SpawnOptions options;
        options.initial_function = "undelivered message";
        spawn(nullptr, plan, options);
    } catch (...) { // the Node stops, or is full
    }
}

} // namespace fiberscope::detail

namespace fiberscope {

using namespace detail;

TimerRef Process::start_timer_signal(Duration delay, const Target& target, std::unique_ptr<MessageSignal> message) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    message->from = pid();
    const bool is_timeout = message->type == &message_type<Timeout>;
    return block_->system().start_timer(deadline_after(clock_ns(), delay), target, std::move(message), is_timeout);
}

TimerRef Process::start_timer(WaitTime delay, Target target, Term message) {
    const RuntimeCall in_runtime;
    return start_timer_signal(delay, target,
                              std::make_unique<Envelope<Timeout>>(SignalKind::message, Timeout{{}, std::move(message)}));
}

std::optional<Duration> Process::cancel_timer(TimerRef timer) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    const auto at_ns = block_->system().cancel_timer(timer);
    return at_ns ? std::optional{Duration{std::max<std::int64_t>(*at_ns - clock_ns(), 0)}} : std::nullopt;
}

std::optional<Duration> Process::read_timer(TimerRef timer) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    const auto at_ns = block_->system().read_timer(timer);
    return at_ns ? std::optional{Duration{std::max<std::int64_t>(*at_ns - clock_ns(), 0)}} : std::nullopt;
}

} // namespace fiberscope
