// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/allocation.hpp"
#include "process/ending.hpp"
#include "process/intake.hpp"
#include "process/mailbox.hpp"
#include "process/process_heap.hpp"
#include "process/relations.hpp"
#include "process/signals.hpp"
#include "process/static_guard.hpp"
#include "scheduler/schedulable.hpp"

#include <fiberscope/process.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::detail {

class ControlBlock;
class ProcessSystem;

/// How a turn of a process's code came to its end.
enum class Turn : std::uint8_t {
    waits, ///< nothing to do until a signal comes; holds no frames
    over,  ///< its slice is over, there is more to do
    ended, ///< `Life::ending` says why
};

/// What a process executes: the body of a plain process, or the loop of a server.
class ProcessCode {
public:
    virtual ~ProcessCode() = default;
    /// Runs until one of the three. May park in the middle; the process then keeps its fiber, and may go on on another scheduler.
    virtual Turn run(Life& life) = 0;
    /// Fills what only the code knows (state, children). **Thread:** the process's, between two handlers or inside one.
    virtual void inspect(Inspect what, RawInspection& result) const = 0;
    /// It was given up in the middle: gives back the memory of the user's objects without their destructors, which would
    /// meet them half changed.
    virtual void forget() noexcept = 0;
    /// What its spawner has allocated for it is the new process's.
    virtual void belongs_to(AllocationAccount* /*account*/) const noexcept {}
};

/// Tells a starter how the start of a server went; a message of the runtime's own.
struct StartReport {
    enum class Outcome : std::uint8_t { started, ignored, failed };
    Outcome outcome;
    ExitReason reason;
};

/// Who is to be told how the start of a server goes.
struct StartNotice {
    Pid starter;
    Ref request;
    std::optional<ExitReason> failure; ///< what the starter hears in place of the reason of its end
    bool is_ignored = false;           ///< in place of `failed` it hears `ignored`
};

/// A process from its birth to its end: what it executes, what has come to it, whom it is connected with, how it ends.
/// Made and destroyed in its control block, so nothing of one process is there for the next in that slot.
/// **Thread:** the process's own; before its first queueing whoever spawns it.
class Life {
public:
    Life(ControlBlock& block, const SpawnOptions& options, Pid parent);
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;
    ~Life();

    ControlBlock& block() const noexcept { return block_; }
    ProcessSystem& system() const noexcept;
    Process& process() const noexcept;
    Pid pid() const noexcept;

    Mailbox mailbox;
    Relations relations;
    Ending ending;
    Intake intake;
    std::unique_ptr<StartNotice> start_notice; ///< nullptr: not asked for, or given already
    std::unique_ptr<ProcessCode> code;
    void messages_changed() noexcept;
    /// As the pid of who started it, if that was linked: its end ends a server (rule G05).
    Pid linked_parent() const noexcept { return linked_parent_; }

    // -- turns and waits ----

    /// One turn of its code, or what is left of its end.
    SliceEnd run_slice();
    /// The slice is over, at a safe point.
    void slice_over();
    /// The preemption signal came, between two instructions of its own code.
    void interrupted(Scheduler& scheduler) noexcept;
    /// It is suspended, and nothing ends it: exit signals reach it (Z01).
    bool is_held() const noexcept;
    /// Parks until a signal comes or `deadline_ns` is over; also parks while suspended.
    void park(std::int64_t deadline_ns);
    /// Parks until `event` is true, handling signals meanwhile; after each time it woke, `go_on()` says whether to go on
    /// waiting. Who sets the event wakes the process afterwards. Others hold addresses of this stack: no user code runs.
    template <class GoOn>
    void park_for(const std::atomic<bool>& event, GoOn go_on);
    void run_blocking(BlockingCall& call);

    // -- signals, signal_handling.cpp ----

    /// Handles all signals that have come. True if the mailbox grew, or a reply came.
    bool handle_signals();
    /// Calls `match`, which is user code, with a message that is in the mailbox.
    template <class Match>
    int look_at(MessageSignal& message, Match match) {
        const Marked looking = intake.looking();
        return match(message);
    }
    /// Destroys a message that nobody takes.
    void drop(std::unique_ptr<MessageSignal> message);
    /// Tells `target` that nobody waits for its end any more, if there is memory for that: without, its Down is ignored here.
    void give_up_monitor(Pid target, MonitorRef monitor) noexcept;

    // -- the end: orders and time, abandon.cpp ----

    bool unwinds() const noexcept { return ending.unwinds(); }
    /// Throws ProcessExit if an exit signal has ended this process, unless it unwinds already.
    void throw_if_ended();
    void end_by_signal(ExitReason reason);
    /// Gives up this process in the middle of its code: no destructor runs. It ends with `reason`.
    [[noreturn]] void abandon(ExitReason reason) noexcept;
    /// The same, if its stack is used up.
    void abandon_if_overflowed() noexcept;
    /// A hardware fault in its own code, or its stack is used up.
    [[noreturn]] void end_by_force(Scheduler& scheduler, const ForcedEnd& end) noexcept;
    void end_in_foreign_switch(bool is_on_its_stack) noexcept;
    void end_without_stack() noexcept;
    /// Where the exception was thrown that is being handled, if that is known.
    void take_stack_of_exception();

    // -- the end: what others hear, exit.cpp ----

    /// The starter hears that the server runs.
    void report_started();
    /// Answers what has come and was not handled as the dead do. None can come any more.
    void close_signals();
    /// Releases all that others see, tells links and monitors, frees the slot. Nobody touches the block after this.
    void finish();

    // -- what it may hold, limits.cpp ----

    Holdings& holdings();
    const Holdings* holdings_or_null() const noexcept { return holdings_.get(); }
    std::pmr::memory_resource& heap();
    std::size_t heap_bytes() const noexcept;
    /// The heap is about to grow by `more` bytes. Throws ProcessExit if that is too much.
    void heap_grows(std::size_t in_use, std::size_t more);
    Limit set_heap_limit(Limit limit);
    Limit set_message_queue_limit(Limit limit);

    // -- what few processes have, made when first needed ----

    struct Rare {
        std::map<std::string, std::pair<Term, Term>> dictionary; ///< by the printed key
        std::map<Pid, int> suspenders;                           ///< with their counts (rule Z01)
        std::map<Pid, int> suspended;                            ///< by this process, with their counts
        std::vector<static_guard::Word*> initialising;           ///< function-local statics whose initialisers it is in
    };
    Rare& rare();
    const Rare* rare_or_null() const noexcept { return rare_.get(); }

    // -- function-local statics, static_guard.cpp ----

    void enters_initialiser(static_guard::Word& guard) noexcept;
    void leaves_initialiser(static_guard::Word& guard) noexcept;
    /// Lets others run while another process is in the initialiser.
    void wait_for_initialiser(static_guard::Word& guard, std::int64_t pause_ns);

private:
    bool has_reason_to_wake() const noexcept;
    bool go_waiting(Scheduler& scheduler) noexcept;
    void park_fiber(Scheduler& scheduler) noexcept;
    void note_place() noexcept;
    void note_stack_depth() noexcept;
    /// May a formatter or a state view be called here?
    bool may_print() const noexcept;
    Turn end_for_overflow();

    bool handle_signals_that_came();
    void take_plain_messages() noexcept;
    void handle_or_end() noexcept;
    void handle();
    void handle_message(std::unique_ptr<MessageSignal> message);
    void handle_link_exit(std::unique_ptr<MessageSignal> exit);
    void handle_down(std::unique_ptr<MessageSignal> down);
    void handle_control(const Signal& signal);
    void handle_suspend(Pid suspender, bool suspend);
    void apply_exit(std::unique_ptr<MessageSignal> exit, bool from_link);
    void answer_inspection(InspectSignal& signal);
    void add_message(std::unique_ptr<MessageSignal> message);
    bool keep_answer(std::unique_ptr<MessageSignal>& answer) noexcept;

    void mailbox_has_grown(std::size_t before);
    void check_message_queue();
    void is_over(Watched& watched, const char* what, const char* unit, std::size_t size);
    void report_limit(const std::string& limit, std::size_t size, bool kills);

    void look_at_signals() noexcept;
    bool is_kill_waiting() const noexcept;
    void give_time_to_end(Duration time) noexcept;
    void give_time_to_unwind() noexcept;
    void abandon_if_time_is_up() noexcept;
    void keep_stack_here() noexcept;
    void give_up(ExitReason reason) noexcept;
    void take_stack_of_fault(Scheduler& scheduler) noexcept;
    void forget_all() noexcept;

    void announce_end(const ExitReason& reason);
    void destroy_messages();
    void tell_the_end(const ExitReason& reason);
    void resume_all();
    void tell_starter(StartReport outcome);

    ControlBlock& block_;
    const Pid linked_parent_;
    std::unique_ptr<Rare> rare_;
    std::unique_ptr<Holdings> holdings_;         ///< nullptr: no limits and no heap
    const std::atomic<bool>* awaited_ = nullptr; ///< set: what it waits for besides signals
    bool reply_has_come_ = false;                ///< among the signals that are being handled
    bool is_computing_ = false;                  ///< it looks at its signals while its slice ends, not because it waits
};

template <class GoOn>
void Life::park_for(const std::atomic<bool>& event, GoOn go_on) {
    awaited_ = &event;
    while (!event.load(std::memory_order_seq_cst)) {
        park(never_ns);
        handle_signals();
        if (!go_on())
            break;
    }
    awaited_ = nullptr;
}

/// The message as text. Its formatter is user code.
std::string printed(const MessageSignal& message);
/// The same after its type: `Put {apples,3}`.
std::string printed_with_type(const MessageSignal& message);

} // namespace fiberscope::detail
