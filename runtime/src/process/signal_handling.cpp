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

/// Made beforehand: when it is needed there may be no memory for it.
const ExitReason out_of_memory = ExitReason::error(Term::string("std::bad_alloc"));

} // namespace

/// All signals, oldest first, linked by `next`; leaves `new_head` in their place.
std::unique_ptr<Signal> ControlBlock::take_signals(Signal* new_head) noexcept {
    if (new_head != nullptr || signals_.load(std::memory_order_relaxed) != nullptr) {
        Signal* newest = signals_.exchange(new_head, std::memory_order_acq_rel);
        Signal* last = newest;
        Signal* oldest = nullptr;
        while (newest != nullptr)
            oldest = std::exchange(newest, std::exchange(newest->next, oldest));
        if (oldest != nullptr) {
            (local_tail_ != nullptr ? local_tail_->next : local_head_) = oldest;
            local_tail_ = last;
        }
    }
    local_tail_ = nullptr;
    return std::unique_ptr<Signal>{std::exchange(local_head_, nullptr)};
}

bool ControlBlock::handle_signals_that_came() {
    if (is_wanted.load(std::memory_order_relaxed))
        is_wanted.store(pending_exit_.has_value(), std::memory_order_seq_cst); // before the look that it asked for
    if (pending_exit_ || is_handling_ || !has_signals())
        return false;
    const std::size_t before = mailbox.size();
    reply_has_come_ = false;
    const Marked handling{is_handling_};
    unhandled_ = take_signals(nullptr).release();
    const std::uint32_t serial = this->serial();
    std::uint64_t taken = 0;
    while (unhandled_ != nullptr && unhandled_->kind == SignalKind::message && unhandled_->target_serial == serial) {
        auto* message =
            static_cast<MessageSignal*>(unhandled_); // plain ones need no care: nothing here can fail or be interrupted
        if (message->role != MessageRole::info && message->role != MessageRole::cast)
            break;
        unhandled_ = message->next;
        mailbox.push(std::unique_ptr<MessageSignal>{message});
        ++taken;
    }
    if (taken != 0)
        shown.messages_in.add(taken);
    while (unhandled_ != nullptr) {
        handled_.reset(unhandled_);
        unhandled_ = std::exchange(handled_->next, nullptr);
        if (pending_exit_)
            push(*handled_.release()); // too late (rule O07): answered when others see that it is gone, not before (P11)
        else
            handle_or_end();
    }
    if (is_wanted.load(std::memory_order_relaxed) && !pending_exit_)
        is_wanted.store(has_signals(), std::memory_order_seq_cst);
    messages_changed();
    if (mailbox.size() <= before)
        return reply_has_come_;
    mailbox_has_grown(before);
    return true;
}

/// A process that cannot handle a signal for want of memory cannot go on as if it had: it ends, and the signal is answered
/// as by the dead.
void ControlBlock::handle_or_end() noexcept {
    try {
        handle();
    } catch (...) {
        end_by_signal(out_of_memory);
        if (handled_ != nullptr)
            push(*handled_.release());
    }
}

void ControlBlock::handle() {
    if (handled_->target_serial != pid().serial()) {
        // meant for an earlier process of this slot
        const Pid target{system_.id(), slot_, handled_->target_serial};
        system_.answer(target, *handled_);
        if (handled_->kind == SignalKind::message)
            drop(as<MessageSignal>(std::move(handled_)));
        return;
    }
    switch (handled_->kind) {
    case SignalKind::message: return handle_message(as<MessageSignal>(std::move(handled_)));
    case SignalKind::exit: return apply_exit(as<MessageSignal>(std::move(handled_)), false);
    case SignalKind::link_exit: return handle_link_exit(as<MessageSignal>(std::move(handled_)));
    case SignalKind::down: return handle_down(as<MessageSignal>(std::move(handled_)));
    default: handle_control(*handled_); handled_.reset();
    }
}

void ControlBlock::handle_control(const Signal& signal) {
    const auto stamp = [&signal] { return static_cast<const LinkSignal&>(signal).stamp; };
    switch (signal.kind) {
    case SignalKind::link: links.on_link(signal.from, stamp()); break;
    case SignalKind::unlink: {
        links.on_unlink(signal.from, stamp());
        auto ack = std::make_unique<LinkSignal>(SignalKind::unlink_ack, stamp());
        ack->from = pid();
        system_.send(signal.from, std::move(ack));
        break;
    }
    case SignalKind::unlink_ack: links.on_unlink_ack(signal.from, stamp()); break;
    case SignalKind::monitor: monitored_by.add(static_cast<const MonitorSignal&>(signal).ref, signal.from); break;
    case SignalKind::demonitor: monitored_by.erase(static_cast<const MonitorSignal&>(signal).ref); break;
    case SignalKind::suspend: handle_suspend(signal.from, true); break;
    case SignalKind::resume: handle_suspend(signal.from, false); break;
    case SignalKind::inspect: answer_inspection(const_cast<InspectSignal&>(static_cast<const InspectSignal&>(signal))); break;
    default: break;
    }
    links_changed();
}

void ControlBlock::add_message(std::unique_ptr<MessageSignal> message) {
    message->kind = SignalKind::message;
    shown.messages_in.add();
    mailbox.push(std::move(message));
}

/// Hands a reply, or the end of whom it asked, to the PendingReply that waits for it; the first one counts.
bool ControlBlock::keep_answer(std::unique_ptr<MessageSignal>& answer) noexcept {
    auto* place = pending_replies.find(answer->tag);
    if (place == nullptr || *place != nullptr)
        return false;
    *place = std::move(answer);
    reply_has_come_ = true;
    shown.messages_in.add();
    return true;
}

/// A reply to a request that nobody waits for any more is dropped here, as by OTP's aliases (rules G01, M08).
void ControlBlock::handle_message(std::unique_ptr<MessageSignal> message) {
    if (message->role == MessageRole::reply) {
        if (!keep_answer(message))
            drop(std::move(message));
        return;
    }
    if (message->role == MessageRole::call) {
        handled_ = std::move(message); // until that much is done
        const auto& request = static_cast<const MessageSignal&>(*handled_);
        monitored_by.add(request.tag, request.from); // a request is its caller's monitor at the same time
        message = as<MessageSignal>(std::move(handled_));
    }
    add_message(std::move(message));
}

/// Rules X01 to X13. `from_link`: the reason `kill` of a link is an ordinary one (X07).
void ControlBlock::apply_exit(std::unique_ptr<MessageSignal> exit, bool from_link) {
    const ExitReason reason = exit_of(*exit).reason;
    if (!from_link && reason.term().is_atom("kill"))
        return end_by_signal(ExitReason::killed());
    if (process_.trap_exit()) {
        exit->tag = {};
        return add_message(std::move(exit));
    }
    const bool normal_from_itself = !from_link && exit->from == pid();
    if (!reason.is_normal() || normal_from_itself)
        end_by_signal(reason);
}

void ControlBlock::handle_link_exit(std::unique_ptr<MessageSignal> exit) {
    const bool counts = links.on_link_exit(exit->from, exit->tag.bits());
    links_changed();
    if (counts)
        apply_exit(std::move(exit), true);
}

void ControlBlock::handle_down(std::unique_ptr<MessageSignal> down) {
    const MonitorMade* monitor = monitors.find(down->tag);
    if (monitor == nullptr)
        return; // demonitored meanwhile
    auto& value = *static_cast<Down*>(down->value);
    value.name = monitor->name;
    if (!value.pid)
        value.pid = monitor->target;
    monitors.erase(down->tag);
    monitors_changed();
    if (pending_replies.find(down->tag) == nullptr)
        add_message(std::move(down));
    else
        keep_answer(down); // after a reply the end says nothing more
}

void ControlBlock::give_up_monitor(Pid target, MonitorRef monitor) noexcept {
    try {
        auto demonitor = std::make_unique<MonitorSignal>(SignalKind::demonitor, monitor, Atom{});
        demonitor->from = pid();
        system_.send(target, std::move(demonitor));
    } catch (const std::bad_alloc&) {
    }
}

void ControlBlock::handle_suspend(Pid suspender, bool suspend) {
    auto& suspenders = rare().suspenders;
    if (suspend)
        ++suspenders[suspender];
    else if (const auto found = suspenders.find(suspender); found != suspenders.end() && --found->second == 0)
        suspenders.erase(found);
    shown.suspended.set(!suspenders.empty());
    std::atomic_thread_fence(std::memory_order_seq_cst); // who stops the Node sees it, or is seen
    if (system_.stopping.load(std::memory_order_relaxed)) {
        suspenders.clear();
        shown.suspended.set(false);
    }
}

void ControlBlock::answer_inspection(InspectSignal& signal) {
    RawInspection result;
    result.pid = pid();
    result.alive = true;
    const Status before = is_computing_ ? Status::runnable : Status::waiting; // it was so when it was asked (I04)
    result.status = is_suspended() ? Status::suspended : (status() == Status::running ? before : status());
    result.priority = process_.priority();
    result.trap_exit = process_.trap_exit();
    result.message_count = mailbox.size();
    result.heap_bytes = heap_bytes();
    if (holdings_ != nullptr) {
        result.heap_limit = holdings_->heap_limit.limit;
        result.message_queue_limit = holdings_->message_queue_limit.limit;
    }
    if (has(signal.what, Inspect::links)) {
        result.links = links.peers();
        for (const auto& [ref, monitor] : monitors)
            result.monitors.push_back({ref, monitor.target, monitor.name});
        for (const auto& [ref, watcher] : monitored_by)
            result.monitored_by.push_back(watcher);
    }
    const bool prints = may_print();
    if (prints) {
        is_wanted.store(true, std::memory_order_relaxed); // the user code that prints may not come back
        SliceMonitor::instance().watch();
    }
    if (has(signal.what, Inspect::messages)) {
        std::size_t index = 0;
        const std::size_t end = signal.range.first + std::min<std::size_t>(signal.range.count, 100);
        for (auto at = mailbox.begin(); MessageSignal* message = mailbox.next(at); at = {message}, ++index)
            if (index >= signal.range.first && index < end)
                result.messages.push_back(
                    {short_type_name(message->type->mangled_name), prints ? printed(*message) : "...", message->from});
    }
    if (has(signal.what, Inspect::dictionary) && rare_ != nullptr)
        for (const auto& [key, entry] : rare_->dictionary)
            result.dictionary.emplace_back(key, to_string(entry.second));
    if (code_ != nullptr && prints)
        code_->inspect(signal.what, result);
    if (has(signal.what, Inspect::stack) && fiber.load(std::memory_order_relaxed) != nullptr)
        result.frames = collect_frames();
    signal.done(std::move(result));
}

RawStack ControlBlock::collect_frames() const {
    StackSample sample;
    unwind_frames(fiber.load(std::memory_order_relaxed)->frames(), sample);
    return sample.raw();
}

} // namespace fiberscope::detail
