// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/counter.hpp"
#include "base/small_map.hpp"
#include "process/link_table.hpp"
#include "process/mailbox.hpp"
#include "process/process_heap.hpp"
#include "process/signals.hpp"
#include "process/static_guard.hpp"
#include "scheduler/schedulable.hpp"

#include <fiberscope/events.hpp>
#include <fiberscope/process.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fiberscope::detail {

class ThreadWait;
class ProcessSystem;

/// How a turn of a process's code came to its end.
enum class Turn : std::uint8_t {
    waits, ///< nothing to do until a signal comes; holds no frames
    over,  ///< its slice is over, there is more to do
    ended, ///< `ControlBlock::end_reason` says why
};

/// What a process executes: the body of a plain process, or the loop of a server.
class ProcessCode {
public:
    virtual ~ProcessCode() = default;
    /// Runs until one of the three. May park in the middle; the process then keeps its fiber, and may go on on another scheduler.
    virtual Turn run(ControlBlock& block) = 0;
    /// Fills what only the code knows (state, children). **Thread:** the process's, between two handlers or inside one.
    virtual void inspect(Inspect what, Inspection& result) const = 0;
    /// It was given up in the middle: gives back the memory of the user's objects without their destructors, which would
    /// meet them half changed.
    virtual void forget() noexcept = 0;
};

/// Tells a starter how the start of a server went; a message of the runtime's own.
struct StartReport {
    enum class Outcome : std::uint8_t { started, ignored, failed };
    Outcome outcome;
    ExitReason reason;
};

/// Sets a mark while it lives.
class Marked {
public:
    explicit Marked(bool& mark) noexcept : mark_{mark} { mark_ = true; }
    ~Marked() { mark_ = false; }
    Marked(const Marked&) = delete;
    Marked& operator=(const Marked&) = delete;

private:
    bool& mark_;
};

/// One process. Its address is its slot in the table and stays for the Node's life; processes come and go in it.
/// **Thread:** each part says who touches it.
class [[gnu::visibility("hidden")]] ControlBlock final : public Schedulable {
public:
    ControlBlock(ProcessSystem& system, std::uint32_t slot);
    ~ControlBlock();

    ProcessSystem& system() const noexcept { return system_; }
    Process& process() noexcept { return process_; }

    // -- any thread ----

    std::uint32_t slot() const noexcept { return slot_; }
    Pid pid() const noexcept {
        return Pid::from_bits(pid_base_ | static_cast<std::uint32_t>(identity_.load(std::memory_order_relaxed) >> 2U));
    }
    std::uint32_t serial() const noexcept {
        return static_cast<std::uint32_t>(identity_.load(std::memory_order_relaxed) >> 2U);
    }
    /// True if `serial` is that of the process that lives here now.
    bool is_live(std::uint32_t serial) const noexcept {
        return identity_.load(std::memory_order_acquire) == (std::uint64_t{serial} << 2U | live_bit);
    }
    /// True if there is a row to show: live, or exiting.
    bool is_used() const noexcept { return (identity_.load(std::memory_order_acquire) & (live_bit | exiting_bit)) != 0; }
    Status status() const noexcept;
    /// Appends to the signal queue. False if the process has ended: then the caller still owns the signal.
    bool push(Signal& signal) noexcept;
    /// How a signal from a process of scheduler `here` was taken.
    enum class Pushed : std::uint8_t { yes, dead, elsewhere };
    /// The same without locked instructions, and wakes it, if `here` owns it or can take it over. **Thread:** that of `here`.
    Pushed push_here(Scheduler& here, Signal& signal) noexcept;
    /// Pushes from elsewhere, and has its owner look. False as `push`.
    bool push_there(Signal& signal) noexcept;
    /// Lets it look at its signals.
    void wake() noexcept;

    /// What snapshots read. Written by the process, or before it is queued for the first time.
    struct Shown {
        Counter64 parent;       ///< bits of a Pid
        Counter64 calls;        ///< bits of the Pid that it waits for in a call, or 0
        Counter64 group_leader; ///< bits of a Pid: the application master whose application it belongs to, or 0
        Counter64 reductions;
        Counter64 cpu_ns;
        Counter64 messages_in;
        Counter64 messages_out;
        Counter64 mailbox_bytes;
        Counter64 heap_bytes;                     ///< that its heap has taken, in use or not
        Counter<std::uintptr_t> call_site;        ///< where it called the runtime last
        Counter<std::uintptr_t> initial_function; ///< address of a function, or ...
        Counter<const char*> initial_type;        ///< ... mangled name of a type
        Counter<std::int64_t> started_ns;
        Counter<std::int64_t> state_since_ns;
        Counter32 stack_used_bytes;
        Counter32 message_queue_length;
        Counter32 links;
        Counter32 monitors;
        Counter32 context_switches;
        Counter32 name;              ///< interned, 0 if none; written under the registry's lock
        Counter32 initial_name;      ///< interned; instead of the two above
        Counter<std::uint8_t> flags; ///< ProcessRow's
        Counter<bool> suspended;
        Counter<bool> blocking;
    } shown;
    /// An event about this process, from which its initial function can be named. **Thread:** any.
    Event event_of(EventKind kind) const;
    /// Copies the label; false if there is none. **Thread:** any (a lock of its own).
    bool copy_label(std::string& label) const;

    // -- before the first queueing: whoever spawns it ----

    /// Takes the slot into use.
    Pid begin_life(const SpawnOptions& options, Pid parent, std::int64_t now_ns);
    /// It is not to be after all: the slot is as it was, but for its serial.
    void take_life_back() noexcept;
    void set_label(std::string_view label);
    void set_flag(std::uint8_t flag, bool value) noexcept;
    /// `starter` is told how the start of this server went.
    void report_start_to(Pid starter, Ref request) { starter_ = {starter, request}; }
    /// It is to end before it runs: normally, but a starter hears that `reason` made its start fail.
    void fail_start(ExitReason reason) {
        start_failure_ = std::move(reason);
        pending_exit_ = ExitReason::normal();
    }

    // -- the process's own thread ----

    SliceEnd run_slice() override;
    void slice_begins(Scheduler& scheduler) noexcept override;
    void account(std::int64_t ran_ns, std::uint64_t reductions) noexcept override;
    void slice_ends() noexcept override;
    std::uint64_t id_bits() const noexcept override { return pid().bits(); }
    void interrupted(Scheduler& scheduler) noexcept override;
    void end_in_foreign_switch(bool is_on_its_stack) noexcept override;
    void end_without_stack() noexcept override;
    void end_by_force(Scheduler& scheduler, const ForcedEnd& end) noexcept override;

    /// A safe point that costs `reductions`: gives way if the slice is over, throws ProcessExit if it was killed.
    /// **Errors:** as check_caller.
    void safe_point(std::int32_t reductions = 1);
    /// **Errors:** Error{badarg,...} and a report that tells where, if it is not this process that calls.
    void check_caller() {
        if (current_process() != &process_) [[unlikely]]
            check_foreign_caller();
    }
    /// Handles all signals that have come. True if the mailbox grew, or a reply came.
    bool handle_signals() {
        if (local_head_ == nullptr && signals_.load(std::memory_order_acquire) == nullptr &&
            !is_wanted.load(std::memory_order_relaxed)) [[likely]]
            return false;
        return handle_signals_that_came();
    }
    /// Throws ProcessExit if an exit signal has ended this process, unless it unwinds already.
    void throw_if_ended();
    const std::optional<ExitReason>& pending_exit() const noexcept { return pending_exit_; }
    void end_by_signal(ExitReason reason);
    /// Gives up this process in the middle of its code: no destructor runs. It ends with `reason`.
    [[noreturn]] void abandon(ExitReason reason) noexcept;
    /// The same, if its stack is used up.
    void abandon_if_overflowed() noexcept;
    /// A message that a handler of this process has in its hands: given back if the process is abandoned.
    void hold(MessageSignal& message) noexcept;
    void let_go(MessageSignal& message) noexcept;
    /// Destroys a message that nobody takes.
    void drop(std::unique_ptr<MessageSignal> message);
    /// Tells `target` that nobody waits for its end any more, if there is memory for that: without, its Down is ignored here.
    void give_up_monitor(Pid target, MonitorRef monitor) noexcept;
    /// Destructors run because it ends: nothing is thrown at them, nothing is waited for.
    bool unwinds() const noexcept;
    /// User code looks at the mailbox, or runs while signals are handled: it must not take messages.
    bool is_looking() const noexcept { return is_matching_ || is_handling_; }
    /// Calls `match`, which is user code, with a message that is in the mailbox.
    template <class Match>
    int look_at(MessageSignal& message, Match match) {
        const Marked matching{is_matching_};
        return match(message);
    }
    /// Parks until a signal comes or `deadline_ns` is over; also parks while suspended.
    void park(std::int64_t deadline_ns);
    /// Parks until `event` is true, handling signals meanwhile; after each time it woke, `go_on()` says whether to go on
    /// waiting. Who sets the event wakes the process afterwards. Others hold addresses of this stack: no user code runs.
    template <class GoOn>
    void park_for(const std::atomic<bool>& event, GoOn go_on);
    bool is_suspended() const noexcept { return shown.suspended.get(); }
    bool is_external() const noexcept { return scheduler_ == nullptr; }
    void become_external();
    Scheduler* scheduler() const noexcept { return scheduler_; }
    /// The time of the last dispatch; for an external process the time now.
    std::int64_t now_ns() const noexcept;
    void run_blocking(BlockingCall& call);
    /// The starter hears that the server runs.
    void report_started();
    /// Why the code came to its end.
    void set_end_reason(ExitReason reason) { end_reason_ = std::move(reason); }
    /// The end is a crash: an uncaught exception, or a server that stopped for no clean reason. It is reported.
    void set_crashed() noexcept { crashed_ = true; }
    /// Where its end began, for reports.
    void set_end_stack(RawStack stack) { end_stack_ = std::make_unique<RawStack>(std::move(stack)); }
    /// The same for the exception that is being handled, if it is known where that was thrown.
    void take_stack_of_exception();
    /// In place of `failed` the starter hears `ignored`.
    void set_start_ignored() noexcept { start_ignored_ = true; }
    /// Releases all that others see, tells links and monitors, frees the slot. Nobody touches the block after this.
    void finish();
    /// As the pid of who started it, if that was linked: its end ends a server (rule G05).
    Pid linked_parent() const noexcept { return linked_parent_; }

    Mailbox mailbox;
    LinkTable links;
    /// Whom it monitors, by reference.
    struct MonitorMade {
        Pid target;
        Atom name;
    };
    SmallMap<Ref, MonitorMade> monitors;
    SmallMap<Ref, Pid> monitored_by;
    /// What it has asked for and has not been answered (nullptr), or has not fetched yet: see PendingReply. A reply to
    /// anything else is dropped, so a late one never shows (rule G01).
    SmallMap<Ref, std::unique_ptr<MessageSignal>> pending_replies;
    /// Schedulers that hold timers for this process: bit (id - 1) % 64. Set by whoever makes one.
    std::atomic<std::uint64_t> timer_schedulers{0};
    /// What few processes have, made when first needed.
    struct Rare {
        std::map<std::string, std::pair<Term, Term>> dictionary; ///< by the printed key
        std::map<Pid, int> suspenders;                           ///< with their counts (rule Z01)
        std::map<Pid, int> suspended;                            ///< by this process, with their counts
        std::string label;                                       ///< under the system's label lock
        std::vector<static_guard::Word*> initialising;           ///< function-local statics whose initialisers it is in
    };
    Rare& rare();
    const Rare* rare_or_null() const noexcept { return rare_.get(); }

    // function-local statics, static_guard.cpp
    void enters_initialiser(static_guard::Word& guard) noexcept;
    void leaves_initialiser(static_guard::Word& guard) noexcept;
    /// Lets others run while another process is in the initialiser.
    void wait_for_initialiser(static_guard::Word& guard);

    // what it may hold, limits.cpp
    Holdings& holdings();
    std::pmr::memory_resource& heap();
    std::size_t heap_bytes() const noexcept;
    /// The heap is about to grow by `more` bytes. Throws ProcessExit if that is too much.
    void heap_grows(std::size_t in_use, std::size_t more);
    Limit set_heap_limit(Limit limit);
    Limit set_message_queue_limit(Limit limit);

    void messages_changed() noexcept;
    void links_changed() noexcept { shown.links.set(static_cast<std::uint32_t>(links.size())); }
    void monitors_changed() noexcept { shown.monitors.set(static_cast<std::uint32_t>(monitors.size())); }

private:
    static constexpr std::uint64_t live_bit = 1;
    static constexpr std::uint64_t exiting_bit = 2;

    // signal handling, signal_handling.cpp
    bool handle_signals_that_came();
    void handle();
    void handle_or_end() noexcept;
    void handle_message(std::unique_ptr<MessageSignal> message);
    void handle_link_exit(std::unique_ptr<MessageSignal> exit);
    void handle_down(std::unique_ptr<MessageSignal> down);
    void handle_control(const Signal& signal);
    void apply_exit(std::unique_ptr<MessageSignal> exit, bool from_link);
    void handle_suspend(Pid suspender, bool suspend);
    void answer_inspection(InspectSignal& signal);
    RawStack collect_frames() const;
    void add_message(std::unique_ptr<MessageSignal> message);
    bool keep_answer(std::unique_ptr<MessageSignal>& answer) noexcept;
    std::unique_ptr<Signal> take_signals(Signal* new_head) noexcept;

    void mailbox_has_grown(std::size_t before);
    void check_message_queue();
    void is_over(Watched& watched, const char* what, const char* unit, std::size_t size);
    void report_limit(const std::string& limit, std::size_t size, bool kills);

    void check_foreign_caller(); // misuse.cpp
    /// May a formatter or a state view be called here?
    bool may_print() const noexcept;
    bool go_waiting(Scheduler& scheduler) noexcept;
    bool has_reason_to_wake() const noexcept;
    void park_fiber(Scheduler& scheduler) noexcept;
    void note_place() noexcept;
    void note_stack_depth() noexcept;
    void slice_over();
    void external_safe_point();
    Turn end_for_overflow();
    // the forced end, abandon.cpp
    void look_at_signals() noexcept;
    bool is_kill_waiting() const noexcept;
    void give_time_to_end(Duration time) noexcept;
    void give_time_to_unwind() noexcept;
    void abandon_if_time_is_up() noexcept;
    void keep_stack_here() noexcept;
    void give_up(ExitReason reason) noexcept;
    void take_stack_of_fault(const Scheduler& scheduler) noexcept;
    void forget_all() noexcept;
    // the end, exit.cpp
    void announce_end(const ExitReason& reason);
    void say_exiting(const ExitReason& reason);
    void close_signals();
    void destroy_messages();
    void tell_the_end(const ExitReason& reason);
    void resume_all();
    void tell_starter(const ExitReason& reason);
    void record_exit(const ExitReason& reason, Atom name);
    void report_crash(const ExitReason& reason, Atom name);
    std::vector<const MessageSignal*> first_messages() const;
    std::string dictionary_text() const;
    void free_slot();

    ProcessSystem& system_;
    const std::uint32_t slot_;
    const std::uint64_t pid_base_; ///< bits of its pid but the serial
    /// serial, then exiting_bit and live_bit. Written by whoever spawns, then by the process.
    std::atomic<std::uint64_t> identity_{0};
    /// Newest signal first; `closed_queue()` while nobody lives here.
    std::atomic<Signal*> signals_;
    /// Those that have come already, oldest first: each sender's before what it has in signals_. Owner.
    Signal* local_head_ = nullptr;
    Signal* local_tail_ = nullptr;
    void take_remote() noexcept;
    static SuspendSignal closed_;
    static Signal* closed_queue() noexcept { return &closed_; }
    bool has_signals() const noexcept;

    Process process_;
    Scheduler* scheduler_ = nullptr; ///< that runs it now, or ran it last; nullptr: an external process
    std::unique_ptr<ProcessCode> code_;
    std::optional<ExitReason> pending_exit_;
    ExitReason end_reason_;
    std::unique_ptr<RawStack> end_stack_; ///< where its end began; nullptr: not known, or a normal end
    std::unique_ptr<Rare> rare_;
    std::unique_ptr<Holdings> holdings_; ///< nullptr: no limits and no heap
    std::pair<Pid, Ref> starter_;
    Pid linked_parent_;
    std::optional<ExitReason> start_failure_;
    bool start_ignored_ = false;
    bool crashed_ = false;
    bool end_is_announced_ = false; ///< links and monitors know, though the slot is not free yet (rule X18)
    bool crash_is_reported_ = false;
    bool is_abandoned_ = false;
    bool is_unwinding_ = false;       ///< ProcessExit was thrown to end it
    std::int64_t time_to_end_ns_ = 0; ///< with a pending exit: after this much time of its own it is forced
    static constexpr std::int64_t not_measured = -1;
    std::int64_t ends_since_ns_ = 0;  ///< thread time from which on it uses that up
    Signal* unhandled_ = nullptr;     ///< taken from the queue and not handled yet, oldest first
    std::unique_ptr<Signal> handled_; ///< that is being handled
    bool is_handling_ = false;
    bool reply_has_come_ = false;                ///< among the signals that are being handled
    bool is_matching_ = false;                   ///< a guard looks at a message
    bool is_finishing_ = false;                  ///< its code has come to its end, destructors may still run
    bool is_computing_ = false;                  ///< it looks at its signals while its slice ends, not because it waits
    MessageSignal* held_ = nullptr;              ///< messages in the hands of handlers, newest first
    const std::atomic<bool>* awaited_ = nullptr; ///< set: what it waits for besides signals
    std::unique_ptr<ThreadWait> external_;       ///< stays once made: a late wake-up may still reach it

    friend class ProcessSystem;
};

template <class GoOn>
void ControlBlock::park_for(const std::atomic<bool>& event, GoOn go_on) {
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

/// From the public handle to the block behind it.
struct [[gnu::visibility("hidden")]] ProcessAccess {
    static ControlBlock& block(const Process& process) noexcept { return *process.block_; }
};

} // namespace fiberscope::detail
