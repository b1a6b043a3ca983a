// SPDX-License-Identifier: BSL-1.0
#include "behaviour/server_loop.hpp"

#include "base/code_depth.hpp"
#include "base/report_text.hpp"
#include "behaviour/services.hpp"
#include "process/plain_code.hpp"
#include "process/process_system.hpp"
#include "scheduler/scheduler.hpp"

#include <fiberscope/sys.hpp>

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

} // namespace fiberscope

namespace fiberscope::detail {

namespace {

bool is_system(const MessageSignal& message) {
    if (message.role == MessageRole::info) [[likely]]
        return false;
    const MessageType* type = message.type;
    return type == &message_type<sys::GetState> || type == &message_type<sys::Suspend> || type == &message_type<sys::Resume> ||
           type == &message_type<sys::Terminate>;
}

bool is_end_of_parent(const Life& life, const MessageSignal& message) {
    return message.type == &message_type<Exit> && message.from && message.from == life.linked_parent();
}

/// As proc_lib: such an end is a crash, unless its reason is a clean one or it was killed.
void fail(Life& life, ExitReason reason) {
    if (!life.ending.order() && !reason.is_clean())
        life.ending.set_crashed();
    life.ending.set_reason(std::move(reason));
}

} // namespace

/// What user code throws is caught where it is called. Anything else can only be that there is no memory, in between.
Turn ServerLoop::run(Life& life) {
    try {
        return serve(life);
    } catch (...) {
        in_handler_ = false;
        fail(life, reason_of_current_exception());
        return Turn::ended;
    }
}

Turn ServerLoop::serve(Life& life) {
    if (server_ == nullptr && !start(life))
        return Turn::ended;
    for (;;) {
        life.handle_signals();
        if (life.ending.order()) {
            life.ending.set_reason(*life.ending.order()); // an exit signal that was not trapped: no terminate (G05)
            return Turn::ended;
        }
        if (life.block().is_suspended()) {
            life.block().no_wake_up(); // the idle time may end, but nobody is told yet
            return Turn::waits;
        }
        const Step step = take_step(life);
        if (step == Step::nothing_to_do)
            return Turn::waits;
        if (step == Step::ended)
            return Turn::ended;
        if (life.block().scheduler()->charge(4)) { // after each: a server may give itself more to do for ever
            if (life.block().scheduler()->someone_waits())
                return Turn::over;
            life.block().scheduler()->renew_slice(life.block());
        }
    }
}

bool ServerLoop::start(Life& life) {
    try {
        in_handler_ = true;
        {
            const UserCode constructor;
            server_ = make_();
        }
        in_handler_ = false;
    } catch (...) {
        life.take_stack_of_exception();
        fail(life, reason_of_current_exception());
        return false;
    }
    {
        const UserCode destructors;
        make_ = nullptr;
    }
    SupervisorInfo info;
    life.block().shown.set_flag(ProcessRow::supervisor_flag, server_->describe_supervisor(info, false));
    if (server_->ignore_) {
        if (life.start_notice != nullptr)
            life.start_notice->is_ignored = true;
        life.ending.set_reason(ExitReason::normal());
        return false;
    }
    if (server_->stop_) {
        fail(life, *server_->stop_);
        return false;
    }
    life.report_started();
    take_idle_timeout();
    return true;
}

template <class Handler>
bool ServerLoop::guarded(Life& life, const MessageSignal* message, Handler handler) {
    idle_until_ns_ = never_ns;
    try {
        in_handler_ = true;
        {
            const UserCode user_code;
            handler();
        }
        in_handler_ = false;
        take_idle_timeout();
        if (!server_->stop_)
            return false;
        terminate(life, *server_->stop_, message);
        return true;
    } catch (const ProcessExit& exit) {
        in_handler_ = false;
        life.take_stack_of_exception();
        if (life.ending.order())
            life.ending.set_reason(*life.ending.order());
        else
            terminate(life, exit.reason, message);
    } catch (...) {
        in_handler_ = false;
        life.take_stack_of_exception();
        terminate(life, reason_of_current_exception(), message);
    }
    return true;
}

/// What the start or a handler asked to continue with comes before any message (G08), the end of idle time after all.
ServerLoop::Step ServerLoop::take_step(Life& life) {
    const auto done = [](bool has_ended) { return has_ended ? Step::ended : Step::done; };
    if (server_->continue_) {
        const Term term = *std::exchange(server_->continue_, std::nullopt);
        return done(guarded(life, nullptr, [&] { server_->on_continue(term); }));
    }
    in_hand_ = next_message(life);
    if (in_hand_ != nullptr) {
        life.messages_changed();
        const bool has_ended = handle(life, *in_hand_);
        const UserCode destructor;
        in_hand_.reset();
        return done(has_ended);
    }
    if (!idle_time_is_over(life))
        return Step::nothing_to_do;
    return done(guarded(life, nullptr, [this] { server_->on_timeout(); }));
}

std::unique_ptr<MessageSignal> ServerLoop::next_message(Life& life) {
    if (!is_suspended_)
        return life.mailbox.pop();
    while (MessageSignal* message = life.mailbox.next(looked_at_up_to_)) {
        if (is_system(*message) || is_end_of_parent(life, *message))
            return life.mailbox.take(looked_at_up_to_);
        looked_at_up_to_ = {message};
    }
    return nullptr;
}

bool ServerLoop::handle(Life& life, MessageSignal& message) {
    server_->sent_ns_ = message.sent_ns;
    if (is_end_of_parent(life, message)) {
        terminate(life, static_cast<const Exit*>(message.value)->reason); // (G05)
        return true;
    }
    if (is_system(message))
        return handle_system(life, message);
    return guarded(life, &message, [&] {
        if (!server_->handle(message))
            handle_unknown(life, message);
    });
}

// -- sys (G12) ----

template <class Request>
void ServerLoop::answer(Life& life, const MessageSignal& message, typename Request::Reply reply) {
    if (message.role != MessageRole::call)
        return;
    try {
        ServerBase::reply(life.process(), From<Request>{message.from, message.tag}, std::move(reply));
    } catch (const ProcessExit&) { // killed while it gave way: the loop sees it before the next message
    }
}

bool ServerLoop::handle_system(Life& life, MessageSignal& message) {
    if (message.type == &message_type<sys::GetState>)
        answer<sys::GetState>(life, message, state());
    else if (message.type == &message_type<sys::Suspend>) {
        is_suspended_ = true;
        answer<sys::Suspend>(life, message, {});
    } else if (message.type == &message_type<sys::Resume>) {
        is_suspended_ = false;
        looked_at_up_to_ = {};
        answer<sys::Resume>(life, message, {});
    } else {
        answer<sys::Terminate>(life, message, {});
        if (life.ending.order())
            return false;
        terminate(life, static_cast<const sys::Terminate*>(message.value)->reason);
        return true;
    }
    begin_idle_time(); // it waits anew for its whole time, as gen_server does
    if (is_suspended_)
        idle_until_ns_ = never_ns;
    return false;
}

Result<Term> ServerLoop::state() const {
    try {
        std::optional<Term> view;
        {
            const UserCode user_code;
            view = server_->state_view();
        }
        if (view)
            return Result<Term>{boost::system::in_place_value, std::move(*view)};
        return ExitReason{Term::atom("no_state_view")};
    } catch (...) {
        return ExitReason{Term::tuple({Term::atom("callback_failed"), reason_of_current_exception().term()})};
    }
}

void ServerLoop::handle_unknown(Life& life, const MessageSignal& message) {
    if (message.role != MessageRole::info)
        throw Error{Term::atom("function_clause")};
    log_report(life.process(), LogLevel::error, life.pid(), "Unexpected message dropped",
               {{"server", to_string(life.pid())}, {"message", printed_with_type(message)}});
}

void ServerLoop::terminate(Life& life, ExitReason reason, const MessageSignal* last) {
    server_->stop_ = std::move(reason);
    try {
        in_handler_ = true;
        {
            const UserCode user_code;
            server_->run_terminate();
        }
    } catch (...) {
        life.take_stack_of_exception();
        server_->stop_ = reason_of_current_exception(); // a terminate that fails gives the end reason
    }
    in_handler_ = false;
    const ExitReason& end = life.ending.order() ? *life.ending.order() : *server_->stop_;
    life.ending.set_reason(end);
    if (end.is_clean() || life.ending.order())
        return;
    life.ending.set_crashed();
    report_terminating(life, end, last);
}

/// As gen_server's error report (G11); proc_lib's crash report and the supervisor's follow.
void ServerLoop::report_terminating(Life& life, const ExitReason& reason, const MessageSignal* last) const {
    const Atom name = Atom::from_id(life.block().shown.name.get());
    std::vector<std::pair<std::string, std::string>> fields;
    fields.emplace_back("name", name ? std::string{name.name()} : to_string(life.pid()));
    if (last != nullptr) {
        fields.emplace_back("last_message", printed_with_type(*last)); // as its handler left it
        if (last->from)
            fields.emplace_back("from", to_string(last->from));
    }
    if (const Result<Term> view = state())
        fields.emplace_back("state", report_text(*view));
    fields.emplace_back("reason", report_text(reason.term()));
    log_report(life.process(), LogLevel::error, life.pid(), "SERVER TERMINATING", std::move(fields));
}

void ServerLoop::forget() noexcept {
    if (server_ != nullptr) {
        server_->stop_.reset();
        server_->continue_.reset();
        server_.release()->forget();
    }
    if (in_hand_ != nullptr)
        in_hand_.release()->forget();
}

// -- idle time ----

void ServerLoop::take_idle_timeout() {
    idle_timeout_ = std::exchange(server_->idle_timeout_, std::nullopt).value_or(infinity);
    begin_idle_time();
}

void ServerLoop::begin_idle_time() {
    idle_until_ns_ = idle_timeout_ == infinity ? never_ns : deadline_after(clock_ns(), idle_timeout_);
}

bool ServerLoop::idle_time_is_over(Life& life) {
    if (idle_until_ns_ == never_ns) {
        life.block().no_wake_up();
        return false;
    }
    if (clock_ns() >= idle_until_ns_) {
        life.block().no_wake_up();
        return true;
    }
    life.block().scheduler()->arm(life.block(), idle_until_ns_);
    return false;
}

void ServerLoop::inspect(Inspect what, RawInspection& result) const {
    if (server_ == nullptr)
        return;
    result.is_supervisor = server_->describe_supervisor(result.supervisor, has(what, Inspect::children));
    if (!has(what, Inspect::state))
        return;
    if (in_handler_)
        result.state = "busy";
    else if (Result<Term> view = state())
        result.state_term = std::move(*view);
    else if (view.error().term() != Term::atom("no_state_view"))
        result.state_error = report_text(view.error().term().elements().back());
    result.is_server_suspended = is_suspended_;
}

} // namespace fiberscope::detail
