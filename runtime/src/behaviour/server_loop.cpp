// SPDX-License-Identifier: BSL-1.0
#include "behaviour/server_loop.hpp"

#include "base/message_text.hpp"
#include "process/plain_code.hpp"
#include "process/process_system.hpp"
#include "scheduler/scheduler.hpp"

#include <exception>
#include <stdexcept>

namespace fiberscope {

ServerBase::ServerBase() : self_{current_process()} {
    if (self_ == nullptr)
        throw std::logic_error{"a server is made by its own process: start it by Node::start or a supervisor"};
}

void ServerBase::run_terminate() {
    if (std::exchange(terminated_, true))
        return;
    on_terminate(*stop_);
}

void ServerBase::reply_signal(Process& self, Pid to, Ref tag, std::unique_ptr<detail::MessageSignal> message) {
    detail::ControlBlock& block = detail::ProcessAccess::block(self);
    message->role = detail::MessageRole::reply;
    message->tag = tag;
    message->from = self.pid();
    message->sent_ns = block.now_ns();
    block.monitored_by.erase(tag); // the caller's monitor ends with its reply
    block.shown.messages_out.add();
    if (detail::Scheduler* scheduler = block.scheduler())
        scheduler->messages.add();
    block.system().send(to, std::move(message));
    block.safe_point();
}

} // namespace fiberscope

namespace fiberscope::detail {

Turn ServerLoop::run(ControlBlock& block, Scheduler& scheduler) {
    if (server_ == nullptr && !start(block))
        return Turn::ended;
    for (;;) {
        block.handle_signals();
        if (block.pending_exit()) {
            block.set_end_reason(*block.pending_exit()); // an exit signal that was not trapped: no terminate (G05)
            return Turn::ended;
        }
        if (block.is_suspended())
            return Turn::waits;
        if (run_pending(block))
            return Turn::ended;
        if (auto message = block.mailbox.pop()) {
            block.messages_changed();
            if (handle(block, *message))
                return Turn::ended;
        } else if (!idle_time_is_over(block, scheduler))
            return Turn::waits;
        else if (guarded(block, [this] { server_->on_timeout(); }))
            return Turn::ended;
        if (scheduler.charge(4)) {
            if (scheduler.someone_waits())
                return Turn::over;
            scheduler.renew_slice(block);
        }
    }
}

bool ServerLoop::start(ControlBlock& block) {
    try {
        in_handler_ = true;
        server_ = make_();
        in_handler_ = false;
    } catch (const ProcessExit& exit) {
        block.set_end_reason(exit.reason);
        return false;
    } catch (...) {
        block.set_end_reason(reason_of_current_exception());
        block.set_crashed();
        return false;
    }
    make_ = nullptr;
    SupervisorInfo info;
    block.set_flag(ProcessRow::supervisor_flag, server_->describe_supervisor(info));
    if (server_->ignore_ || server_->stop_) {
        if (server_->ignore_)
            block.set_start_ignored();
        block.set_end_reason(server_->ignore_ ? ExitReason::normal() : *server_->stop_);
        return false;
    }
    block.report_started();
    begin_idle_time();
    return true;
}

template <class Handler>
bool ServerLoop::guarded(ControlBlock& block, Handler handler) {
    idle_until_ns_ = never_ns;
    try {
        in_handler_ = true;
        handler();
        in_handler_ = false;
        begin_idle_time();
        return false;
    } catch (const ProcessExit& exit) {
        in_handler_ = false;
        if (block.pending_exit())
            block.set_end_reason(*block.pending_exit());
        else
            terminate(block, exit.reason);
    } catch (...) {
        in_handler_ = false;
        terminate(block, reason_of_current_exception());
    }
    return true;
}

/// A handler may have asked to stop, or to continue before the next message (G08).
bool ServerLoop::run_pending(ControlBlock& block) {
    while (!server_->stop_ && server_->continue_) {
        const Term term = *std::exchange(server_->continue_, std::nullopt);
        if (guarded(block, [&] { server_->on_continue(term); }))
            return true;
    }
    if (!server_->stop_)
        return false;
    terminate(block, *server_->stop_);
    return true;
}

bool ServerLoop::handle(ControlBlock& block, MessageSignal& message) {
    server_->sent_ns_ = message.sent_ns;
    if (message.type == &message_type<Exit> && message.from == block.linked_parent() && message.from) {
        terminate(block, static_cast<const Exit*>(message.value)->reason); // its parent ended (G05)
        return true;
    }
    return guarded(block, [&] {
        if (!server_->handle(message))
            handle_unknown(block, message);
    });
}

void ServerLoop::handle_unknown(ControlBlock& block, const MessageSignal& message) {
    if (message.role != MessageRole::info)
        throw Error{Term::atom("function_clause")};
    auto entry = std::make_shared<LogEntry>();
    entry->level = LogLevel::error;
    entry->pid = block.pid();
    entry->title = "Unexpected message dropped";
    entry->fields.emplace_back("server", to_string(block.pid()));
    entry->fields.emplace_back("message", message_text(message));
    Event event;
    event.kind = EventKind::log;
    event.pid = block.pid();
    event.log = std::move(entry);
    block.system().events().append(std::move(event));
}

void ServerLoop::terminate(ControlBlock& block, ExitReason reason) {
    server_->stop_ = std::move(reason);
    try {
        in_handler_ = true;
        server_->run_terminate();
    } catch (...) {
        server_->stop_ = reason_of_current_exception(); // a terminate that fails gives the end reason
    }
    in_handler_ = false;
    const ExitReason& end = block.pending_exit() ? *block.pending_exit() : *server_->stop_;
    block.set_end_reason(end);
    if (!end.is_clean() && !block.pending_exit())
        block.set_crashed();
}

// -- idle time ----

void ServerLoop::begin_idle_time() {
    const auto timeout = std::exchange(server_->idle_timeout_, std::nullopt);
    idle_until_ns_ = timeout ? deadline_after(clock_ns(), *timeout) : never_ns;
}

bool ServerLoop::idle_time_is_over(ControlBlock& block, Scheduler& scheduler) {
    if (idle_until_ns_ == never_ns) {
        block.wake_at_ns.store(never_ns, std::memory_order_seq_cst);
        return false;
    }
    if (clock_ns() >= idle_until_ns_) {
        block.wake_at_ns.store(never_ns, std::memory_order_seq_cst);
        return true;
    }
    scheduler.arm(block, idle_until_ns_);
    return false;
}

void ServerLoop::inspect(Inspect what, Inspection& result) const {
    if (server_ == nullptr)
        return;
    result.is_supervisor = server_->describe_supervisor(result.supervisor);
    if (!has(what, Inspect::children))
        result.supervisor.children.clear();
    if (has(what, Inspect::state))
        result.state = in_handler_ ? "busy" : server_->state_text();
}

} // namespace fiberscope::detail
