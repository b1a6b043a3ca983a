// SPDX-License-Identifier: BSL-1.0
/// The end of a process, in the order that others may rely on (rule P11): what they see of it is released before
/// anybody hears of its end.
#include "base/code_depth.hpp"
#include "process/exit_report.hpp"
#include "process/process_system.hpp"
#include "scheduler/program_exit.hpp"

#include <memory>

namespace fiberscope::detail {

void Life::finish() {
    if (program_exit::is_forked_child())
        program_exit::end_forked_child();
    ending.begin_finishing();
    if (ending.is_abandoned())
        forget_all();
    if (ending.order())
        give_time_to_unwind(); // for the destructors that follow
    {
        const UserCode destructors; // of the body's closure, or of the server
        code.reset();
    }
    if (ending.take_crash()) {
        const Marked looking = intake.looking(); // the formatters of the messages look at the mailbox
        report_crash(*this);
    }
    if (ending.announce()) // no user code may run once this has begun: it might not come back
        announce_end(ending.reason());
    destroy_messages();
    holdings_.reset(); // the heap, which destructors may still have used
    block_.end_life();
}

/// Nobody can stop it any more: the time that its messages' destructors may use is limited from the start.
void Life::destroy_messages() {
    constexpr std::size_t at_once = 256;
    if (holdings_ != nullptr)
        while (auto message = holdings_->unwanted.pop())
            mailbox.push(std::move(message));
    // what frames or objects were to fetch that are gone without having been destroyed
    relations.take_answers([this](std::unique_ptr<MessageSignal> answer) { mailbox.push(std::move(answer)); });
    if (mailbox.size() > 0 && !ending.order())
        ending.set_order(ExitReason::normal());
    for (std::size_t count = 0; auto message = mailbox.pop(); ++count) {
        if (count % at_once == 0)
            give_time_to_unwind();
        const UserCode destructor;
        message.reset();
    }
    if (!relations.empty())
        tell_the_end(ExitReason::noproc()); // destructors have linked or monitored
}

void Life::announce_end(const ExitReason& reason) {
    const Atom name = Atom::from_id(block_.shown.name.get());
    block_.exits();
    system().drop_timers_of(block_, pid());
    record_exit(*this, reason, name);
    close_signals();
    tell_the_end(reason);
    if (start_notice != nullptr) // a server whose start was not over yet: it hears after the name is free (rule G04)
        tell_starter({start_notice->is_ignored ? StartReport::Outcome::ignored : StartReport::Outcome::failed,
                      start_notice->failure.value_or(reason)});
}

void Life::close_signals() {
    auto signal = block_.signal_queue.close();
    while (signal != nullptr) {
        std::unique_ptr<Signal> next{std::exchange(signal->next, nullptr)};
        system().answer({system().id(), block_.slot(), signal->target_serial}, *signal);
        if (signal->kind == SignalKind::message) // its destructor is user code, which must not run here
            mailbox.push(std::unique_ptr<MessageSignal>{static_cast<MessageSignal*>(signal.release())});
        signal = std::move(next);
    }
}

void Life::tell_the_end(const ExitReason& reason) {
    relations.tell_the_end(system(), pid(), reason, block_.now_ns());
    resume_all();
}

/// A suspender's death takes its counts back (rule Z01).
void Life::resume_all() {
    if (rare_ == nullptr)
        return;
    for (const auto& [target, count] : std::exchange(rare_->suspended, {}))
        for (int left = count; left > 0; --left) {
            auto resume = std::make_unique<SuspendSignal>(SignalKind::resume);
            resume->from = pid();
            system().send(target, std::move(resume));
        }
}

void Life::report_started() {
    if (start_notice != nullptr)
        tell_starter({StartReport::Outcome::started, {}});
}

void Life::tell_starter(StartReport outcome) {
    const auto notice = std::move(start_notice);
    auto report = std::make_unique<Envelope<StartReport>>(SignalKind::message, std::move(outcome));
    report->role = MessageRole::reply;
    report->tag = notice->request;
    report->from = pid();
    system().send(notice->starter, std::move(report));
}

} // namespace fiberscope::detail
