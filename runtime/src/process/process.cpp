// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/process.hpp>

#include "base/code_depth.hpp"
#include "base/intern.hpp"
#include "process/await.hpp"
#include "process/process_system.hpp"
#include "scheduler/scheduler.hpp"

#include <algorithm>

namespace fiberscope {

using namespace detail;

namespace {

[[noreturn]] void badarg() {
    throw Error{Term{atoms::badarg}};
}

std::unique_ptr<MessageSignal> exit_signal(Pid from, ExitReason reason) {
    auto signal = std::make_unique<Envelope<Exit>>(SignalKind::exit, Exit{from, std::move(reason)});
    signal->from = from;
    return signal;
}

/// Where a table changes with it, it is made first: if there is no memory for it, nothing has changed.
template <class SignalType, class... Args>
std::unique_ptr<SignalType> make_control(ControlBlock& block, Args&&... args) {
    auto signal = std::make_unique<SignalType>(std::forward<Args>(args)...);
    signal->from = block.pid();
    return signal;
}

} // namespace

void throw_exception_from_error(const ExitReason& reason, const boost::source_location& /*location*/) {
    throw Error{reason.term()};
}

Pid Process::pid() const noexcept {
    return block_->pid();
}
Node& Process::node() const noexcept {
    return block_->system().node();
}
Pid Process::parent() const noexcept {
    return Pid::from_bits(block_->shown.parent.get());
}

// -- processes ----

std::pair<Pid, MonitorRef> Process::spawn_request(SpawnRequest request, SpawnOptions options) {
    const RuntimeCall in_runtime;
    block_->safe_point(10);
    SpawnPlan plan{std::move(request)};
    return block_->system().spawn(block_, plan, options);
}

void Process::exit(ExitReason reason) {
    block_->check_caller();
    throw ProcessExit{std::move(reason)};
}

void Process::exit(Pid target, ExitReason reason) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    const bool may_become_message = trap_exit() && !reason.term().is_atom("kill");
    block_->system().send(target, exit_signal(pid(), std::move(reason)));
    if (target != pid() || may_become_message)
        return;                      // to itself, trapped: what counts is the flag at the next receive (X04)
    block_->life().handle_signals(); // else a signal to itself is handled before the call returns (X03, X06)
    block_->life().throw_if_ended();
}

bool Process::trap_exit(bool trap) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    const bool old = trap_exit();
    block_->shown.set_flag(ProcessRow::trap_exit_flag, trap);
    return old;
}

bool Process::trap_exit() const noexcept {
    return block_->shown.has_flag(ProcessRow::trap_exit_flag);
}

Priority Process::priority(Priority priority) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    return block_->priority.exchange(priority, std::memory_order_relaxed);
}

Priority Process::priority() const noexcept {
    return block_->priority.load(std::memory_order_relaxed);
}

void Process::suspend(Pid target) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    if (target == pid() || !is_alive(target))
        badarg();
    auto signal = make_control<SuspendSignal>(*block_, SignalKind::suspend);
    ++block_->life().rare().suspended[target];
    block_->system().send(target, std::move(signal));
}

void Process::resume(Pid target) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    auto& suspended = block_->life().rare().suspended;
    const auto own = suspended.find(target);
    if (!is_alive(target) || own == suspended.end())
        badarg();
    auto signal = make_control<SuspendSignal>(*block_, SignalKind::resume);
    if (--own->second == 0)
        suspended.erase(own);
    block_->system().send(target, std::move(signal));
}

bool Process::is_alive(Pid process) const noexcept {
    return block_->system().is_alive(process);
}

// -- messages ----

void Process::deliver(const Target& target, std::unique_ptr<MessageSignal> message) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    const Pid to = target.pid ? target.pid : block_->system().resolve(target);
    if (!to)
        badarg();
    block_->system().hand_over(to, *message);
    message->from = pid();
    block_->shown.messages_out.add();
    if (Scheduler* scheduler = block_->scheduler()) [[likely]] {
        message->sent_ns = scheduler->now_ns();
        scheduler->counters.messages.add();
        block_->system().send_here(*scheduler, to, std::move(message));
        return;
    }
    message->sent_ns = clock_ns();
    block_->system().outside_messages.fetch_add(1, std::memory_order_relaxed);
    block_->system().send(to, std::move(message));
}

void Process::cast_signal(const Target& target, std::unique_ptr<MessageSignal> message) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    if (block_->system().resolve(target))
        deliver(target, std::move(message));
}

Received Process::wait(Matcher matcher, Duration timeout) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    Life& life = block_->life();
    Received received = await_message(life, life.mailbox.begin(), timeout, [&life, matcher](MessageSignal& message) {
        return life.look_at(message, [matcher](MessageSignal& looked_at) {
            const UserCode guards;
            return matcher.match(matcher.clauses, looked_at);
        });
    });
    if (received.message != nullptr)
        life.intake.hold(*received.message);
    else if (timeout == infinity) // it unwinds: nothing is waited for, and there may be no clause that says what to do then
        throw Error{Term{atoms::timeout}};
    return received;
}

void Process::sleep(WaitTime time) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    await_message(block_->life(), block_->life().mailbox.end(), time, [](MessageSignal&) { return -1; });
}

std::size_t Process::message_queue_length() const noexcept {
    return block_->life().mailbox.size();
}

// -- links and monitors ----

void Process::link(Pid target) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    if (target == pid())
        return;
    if (!is_alive(target)) {
        if (!trap_exit())
            throw Error{Term{atoms::noproc}};
        auto noproc = std::make_unique<Envelope<Exit>>(SignalKind::exit, Exit{target, ExitReason::noproc()});
        noproc->from = target;
        block_->system().send(pid(), std::move(noproc));
        return;
    }
    auto signal = make_control<LinkSignal>(*block_, SignalKind::link, 0);
    Relations& relations = block_->life().relations;
    if (const auto stamp = relations.links().link(target)) {
        signal->stamp = *stamp;
        block_->system().send(target, std::move(signal));
    }
    relations.links_changed();
}

void Process::unlink(Pid target) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    auto signal = make_control<LinkSignal>(*block_, SignalKind::unlink, 0);
    Relations& relations = block_->life().relations;
    if (const auto stamp = relations.links().unlink(target)) {
        signal->stamp = *stamp;
        block_->system().send(target, std::move(signal));
    }
    relations.links_changed();
}

MonitorRef Process::monitor(Target target) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    const MonitorRef ref{ProcessSystem::make_ref()};
    const Pid to = block_->system().resolve(target);
    if (to == pid())
        return ref; // never fires, is not listed (M04)
    auto signal = make_control<MonitorSignal>(*block_, SignalKind::monitor, ref, target.name.atom());
    block_->life().relations.monitor(ref, to, target.name.atom());
    if (to)
        block_->system().send(to, std::move(signal));
    else
        block_->system().answer_for_the_dead(to, std::move(signal));
    return ref;
}

bool Process::demonitor(MonitorRef monitor, bool flush) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    auto signal = make_control<MonitorSignal>(*block_, SignalKind::demonitor, monitor, Atom{});
    if (const auto target = block_->life().relations.demonitor(monitor)) {
        block_->system().send(*target, std::move(signal));
        return true;
    }
    if (flush)
        await_message(block_->life(), block_->life().mailbox.begin(), Duration::zero(), [monitor](MessageSignal& message) {
            return message.tag == monitor && message.type == &message_type<Down> ? 0 : -1;
        });
    return false;
}

// -- names, label, dictionary ----

void Process::register_name(Atom name, Pid process) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    ControlBlock* block = block_->system().table().find(process);
    if (block == nullptr || !block_->system().registry().add(name, *block, process))
        badarg();
}

void Process::unregister_name(const Name& name) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    if (!block_->system().registry().remove(name.existing()))
        badarg();
}

Pid Process::whereis(const Name& name) const {
    const RuntimeCall in_runtime;
    return block_->system().registry().find(name.existing());
}

void Process::set_label(std::string_view label) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    block_->set_label(label);
}

Term Process::put(Term key, Term value) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    auto& entry = block_->life().rare().dictionary[to_string(key)];
    entry.first = std::move(key);
    return std::exchange(entry.second, std::move(value));
}

Term Process::get(const Term& key) const {
    const RuntimeCall in_runtime;
    block_->check_caller();
    const auto* rare = block_->life().rare_or_null();
    if (rare == nullptr)
        return {};
    const auto found = rare->dictionary.find(to_string(key));
    return found != rare->dictionary.end() ? found->second.second : Term{};
}

Term Process::erase(const Term& key) {
    const RuntimeCall in_runtime;
    const Term old = get(key);
    if (block_->life().rare_or_null() != nullptr)
        block_->life().rare().dictionary.erase(to_string(key));
    return old;
}

// -- time on the scheduler ----

void Process::yield() {
    const RuntimeCall in_runtime;
    block_->check_caller();
    Scheduler* scheduler = block_->scheduler();
    if (scheduler == nullptr)
        return;
    scheduler->charge(1);
    scheduler->yield(*block_, SliceOver::asked);
    block_->life().handle_signals();
    block_->safe_point(0);
    block_->life().throw_if_ended();
}

void Process::poll() {
    const RuntimeCall in_runtime;
    block_->safe_point();
}

void Process::run_blocking(BlockingCall& call) {
    const RuntimeCall in_runtime;
    block_->safe_point();
    block_->life().run_blocking(call);
}

} // namespace fiberscope
