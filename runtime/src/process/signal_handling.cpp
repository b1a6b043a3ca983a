// SPDX-License-Identifier: BSL-1.0
/// What a process does with the signals that come to it. All of it runs in the process itself, between two pieces of its
/// own code, so links and monitors need no lock over two processes.
#include "base/message_text.hpp"
#include "process/process_system.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/slice_monitor.hpp"

#include <algorithm>
#include <new>

namespace fiberscope::detail {

namespace {

template <class T>
std::unique_ptr<T> as(std::unique_ptr<Signal> signal) {
    return std::unique_ptr<T>{static_cast<T*>(signal.release())};
}

const Exit& exit_of(const MessageSignal& signal) {
    return *static_cast<const Exit*>(signal.value);
}

RawStack frames_of(const PooledFiber& fiber) {
    StackSample sample;
    unwind_frames(fiber.frames(), sample);
    return sample.raw();
}

/// Made beforehand: when it is needed there may be no memory for it.
const ExitReason out_of_memory = ExitReason::error(Term::string("std::bad_alloc"));

} // namespace

bool Life::handle_signals_that_came() {
    if (block_.is_wanted.load(std::memory_order_relaxed))
        block_.is_wanted.store(ending.order().has_value(), std::memory_order_seq_cst); // before the look that it asked for
    if (ending.order() || intake.is_handling() || block_.signal_queue.is_empty())
        return false;
    const std::size_t before = mailbox.size();
    reply_has_come_ = false;
    const Marked handling = intake.handling();
    intake.take(block_.signal_queue.take_all());
    take_plain_messages();
    while (intake.take_next())
        if (ending.order()) // too late (rule O07): answered when others see that it is gone, not before (P11)
            intake.put_back(block_.signal_queue);
        else
            handle_or_end();
    if (block_.is_wanted.load(std::memory_order_relaxed) && !ending.order())
        block_.is_wanted.store(!block_.signal_queue.is_empty(), std::memory_order_seq_cst);
    messages_changed();
    if (mailbox.size() <= before)
        return reply_has_come_;
    mailbox_has_grown(before);
    return true;
}

/// With them nothing can fail or be interrupted.
void Life::take_plain_messages() noexcept {
    const std::uint32_t serial = block_.serial();
    const std::size_t before = mailbox.size();
    while (auto message = intake.next_plain_message(serial))
        mailbox.push(std::move(message));
    if (const std::size_t taken = mailbox.size() - before; taken != 0)
        block_.shown.messages_in.add(taken);
}

/// A process that cannot handle a signal for want of memory cannot go on as if it had: it ends, and the signal is answered
/// as by the dead.
void Life::handle_or_end() noexcept {
    try {
        handle();
    } catch (...) {
        end_by_signal(out_of_memory);
        intake.put_back(block_.signal_queue);
    }
}

void Life::handle() {
    std::unique_ptr<Signal>& signal = intake.in_hand();
    if (signal->target_serial != block_.serial()) {
        // meant for an earlier process of this slot
        system().answer({system().id(), block_.slot(), signal->target_serial}, *signal);
        if (signal->kind == SignalKind::message)
            drop(as<MessageSignal>(std::move(signal)));
        return;
    }
    switch (signal->kind) {
    case SignalKind::message: return handle_message(as<MessageSignal>(std::move(signal)));
    case SignalKind::exit: return apply_exit(as<MessageSignal>(std::move(signal)), false);
    case SignalKind::link_exit: return handle_link_exit(as<MessageSignal>(std::move(signal)));
    case SignalKind::down: return handle_down(as<MessageSignal>(std::move(signal)));
    default: handle_control(*signal); signal.reset();
    }
}

void Life::handle_control(const Signal& signal) {
    const auto stamp = [&signal] { return static_cast<const LinkSignal&>(signal).stamp; };
    switch (signal.kind) {
    case SignalKind::link: relations.links().on_link(signal.from, stamp()); break;
    case SignalKind::unlink: {
        relations.links().on_unlink(signal.from, stamp());
        auto ack = std::make_unique<LinkSignal>(SignalKind::unlink_ack, stamp());
        ack->from = pid();
        system().send(signal.from, std::move(ack));
        break;
    }
    case SignalKind::unlink_ack: relations.links().on_unlink_ack(signal.from, stamp()); break;
    case SignalKind::monitor: relations.monitored_by(static_cast<const MonitorSignal&>(signal).ref, signal.from); break;
    case SignalKind::demonitor: relations.no_longer_monitored(static_cast<const MonitorSignal&>(signal).ref); break;
    case SignalKind::suspend: handle_suspend(signal.from, true); break;
    case SignalKind::resume: handle_suspend(signal.from, false); break;
    case SignalKind::inspect: answer_inspection(const_cast<InspectSignal&>(static_cast<const InspectSignal&>(signal))); break;
    default: break;
    }
    relations.links_changed();
}

void Life::add_message(std::unique_ptr<MessageSignal> message) {
    message->kind = SignalKind::message;
    block_.shown.messages_in.add();
    mailbox.push(std::move(message));
}

/// Hands a reply, or the end of whom it asked, to the PendingReply that waits for it; the first one counts.
bool Life::keep_answer(std::unique_ptr<MessageSignal>& answer) noexcept {
    if (!relations.keep_answer(answer))
        return false;
    reply_has_come_ = true;
    block_.shown.messages_in.add();
    return true;
}

/// A reply to a request that nobody waits for any more is dropped here, as by OTP's aliases (rules G01, M08).
void Life::handle_message(std::unique_ptr<MessageSignal> message) {
    if (message->role == MessageRole::reply) {
        if (!keep_answer(message))
            drop(std::move(message));
        return;
    }
    if (message->role == MessageRole::call) {
        intake.in_hand() = std::move(message); // until that much is done
        const auto& request = static_cast<const MessageSignal&>(*intake.in_hand());
        relations.monitored_by(request.tag, request.from); // a request is its caller's monitor at the same time
        message = as<MessageSignal>(std::move(intake.in_hand()));
    }
    add_message(std::move(message));
}

/// Rules X01 to X13. `from_link`: the reason `kill` of a link is an ordinary one (X07).
void Life::apply_exit(std::unique_ptr<MessageSignal> exit, bool from_link) {
    const ExitReason reason = exit_of(*exit).reason;
    if (!from_link && reason.term().is_atom("kill"))
        return end_by_signal(ExitReason::killed());
    if (process().trap_exit()) {
        exit->tag = {};
        return add_message(std::move(exit));
    }
    const bool normal_from_itself = !from_link && exit->from == pid();
    if (!reason.is_normal() || normal_from_itself)
        end_by_signal(reason);
}

void Life::handle_link_exit(std::unique_ptr<MessageSignal> exit) {
    const bool counts = relations.links().on_link_exit(exit->from, exit->tag.bits());
    relations.links_changed();
    if (counts)
        apply_exit(std::move(exit), true);
}

void Life::handle_down(std::unique_ptr<MessageSignal> down) {
    if (!relations.on_down(down->tag, *static_cast<Down*>(down->value)))
        return; // demonitored meanwhile
    if (relations.expects_answer(down->tag))
        keep_answer(down); // after a reply the end says nothing more
    else
        add_message(std::move(down));
}

void Life::give_up_monitor(Pid target, MonitorRef monitor) noexcept {
    try {
        auto demonitor = std::make_unique<MonitorSignal>(SignalKind::demonitor, monitor, Atom{});
        demonitor->from = pid();
        system().send(target, std::move(demonitor));
    } catch (const std::bad_alloc&) {
    }
}

void Life::handle_suspend(Pid suspender, bool suspend) {
    auto& suspenders = rare().suspenders;
    if (suspend)
        ++suspenders[suspender];
    else if (const auto found = suspenders.find(suspender); found != suspenders.end() && --found->second == 0)
        suspenders.erase(found);
    block_.shown.suspended.set(!suspenders.empty());
    std::atomic_thread_fence(std::memory_order_seq_cst); // who stops the Node sees it, or is seen
    if (system().stopping.load(std::memory_order_relaxed)) {
        suspenders.clear();
        block_.shown.suspended.set(false);
    }
}

void Life::answer_inspection(InspectSignal& signal) {
    RawInspection result;
    result.pid = pid();
    result.alive = true;
    const Status before = is_computing_ ? Status::runnable : Status::waiting; // it was so when it was asked (I04)
    result.status = block_.is_suspended() ? Status::suspended : (block_.status() == Status::running ? before : block_.status());
    result.priority = process().priority();
    result.trap_exit = process().trap_exit();
    result.message_count = mailbox.size();
    result.heap_bytes = heap_bytes();
    if (holdings_ != nullptr) {
        result.heap_limit = holdings_->heap_limit.limit;
        result.message_queue_limit = holdings_->message_queue_limit.limit;
    }
    if (has(signal.what, Inspect::links))
        relations.inspect(signal.range, result);
    const bool prints = may_print();
    if (prints) {
        block_.is_wanted.store(true, std::memory_order_relaxed); // the user code that prints may not come back
        SliceMonitor::instance().watch();
    }
    if (has(signal.what, Inspect::messages)) {
        const std::size_t end = signal.range.first + signal.range.count;
        auto at = mailbox.begin();
        for (std::size_t index = 0; index < end; ++index) {
            MessageSignal* message = mailbox.next(at);
            if (message == nullptr)
                break;
            if (index >= signal.range.first)
                result.messages.push_back(
                    {short_type_name(message->type->mangled_name), prints ? printed(*message) : "...", message->from});
            at = {message};
        }
    }
    if (has(signal.what, Inspect::dictionary) && rare_ != nullptr) {
        result.dictionary_count = rare_->dictionary.size();
        for_page(rare_->dictionary, signal.range,
                 [&result](const auto& entry) { result.dictionary_terms.emplace_back(entry.first, entry.second.second); });
    }
    if (code != nullptr && prints)
        code->inspect(signal.what, result);
    if (const PooledFiber* fiber = block_.fiber.load(std::memory_order_relaxed);
        fiber != nullptr && has(signal.what, Inspect::stack))
        result.frames = frames_of(*fiber);
    signal.done(std::move(result));
}

} // namespace fiberscope::detail
