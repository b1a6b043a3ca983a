// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/pid.hpp>
#include <fiberscope/priority.hpp>
#include <fiberscope/term.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

/// What a process does, in the words of `process_info(Pid, status)`.
enum class Status : std::uint8_t {
    runnable,  ///< sits in a run queue
    running,   ///< a scheduler executes it
    waiting,   ///< sits in no queue; a signal or its timeout wakes it
    suspended, ///< sits in no queue; only exit signals and resume reach it
    blocking,  ///< its function runs in the pool for blocking calls (a dirty scheduler)
    exiting,   ///< names, links and monitors are released; its frames unwind
};

std::string_view to_string(Status status) noexcept;

/// One process at one moment. Numbers only; texts are ids of interned names (`name_of`).
/// **Units:** in the members' names; milliseconds count from the start of the Node.
struct ProcessRow {
    static constexpr std::uint8_t trap_exit_flag = 1U;
    static constexpr std::uint8_t system_flag = 2U; ///< part of the Node itself (logger, application masters)
    static constexpr std::uint8_t server_flag = 4U; ///< a Server or Supervisor: holds no stack while idle
    static constexpr std::uint8_t label_flag = 8U;  ///< has a label, see Snapshot::label
    static constexpr std::uint8_t supervisor_flag = 16U;
    static constexpr std::uint8_t external_flag = 32U;  ///< an ExternalProcess: a thread outside of the schedulers
    static constexpr std::uint8_t preempted_flag = 64U; ///< was preempted or refused to be, see Snapshot::preemption
    static constexpr std::uint8_t starving_flag = 128U; ///< runnable on a scheduler that is stuck in another process

    Pid pid;
    Pid parent;                       ///< who spawned it; the default Pid if that was outside of the Node
    std::uint64_t reductions = 0;     ///< since its start
    std::uint64_t cpu_ns = 0;         ///< time on a scheduler since its start, to the last switch
    std::uint64_t memory_bytes = 0;   ///< control block, stack high water, mailbox, and what its code has allocated: its heap
                                      ///< and, in a program with Fiberscope::Allocation, all else
    std::uint64_t messages_in = 0;    ///< received since its start, replies included
    std::uint64_t messages_out = 0;   ///< sent since its start
    std::uint64_t started_ms = 0;     ///< when it was spawned
    std::uint64_t state_since_ms = 0; ///< when it came into its status
    std::uint32_t message_queue_length = 0;
    std::uint32_t current_function = 0; ///< interned name
    std::uint32_t initial_function = 0; ///< interned name
    std::uint32_t registered_name = 0;  ///< interned name, 0 if it has none
    std::uint32_t links = 0;
    std::uint32_t monitors = 0;         ///< monitors that it holds on others
    std::uint32_t context_switches = 0; ///< how often a scheduler began to run it
    std::uint8_t scheduler = 0;         ///< 1-based; 0: an external process
    Priority priority = Priority::normal;
    Status status = Status::runnable;
    std::uint8_t flags = 0;

    bool traps_exits() const noexcept { return (flags & trap_exit_flag) != 0; }
    bool is_system() const noexcept { return (flags & system_flag) != 0; }
    bool is_server() const noexcept { return (flags & server_flag) != 0; }
    bool is_supervisor() const noexcept { return (flags & supervisor_flag) != 0; }
    bool has_label() const noexcept { return (flags & label_flag) != 0; }
    bool is_external() const noexcept { return (flags & external_flag) != 0; }
    bool is_starving() const noexcept { return (flags & starving_flag) != 0; }
};
static_assert(sizeof(ProcessRow) <= 104);

/// Whether a scheduler takes work.
enum class SchedulerState : std::uint8_t {
    online,   ///< takes new work
    draining, ///< takes nothing new; processes with a stack wait on it, which go on elsewhere once woken, if they may
    offline,  ///< has no process
};
std::string_view to_string(SchedulerState state) noexcept;

/// One scheduler at one moment. Counters count from the start of the Node.
struct SchedulerRow {
    std::uint32_t id = 0; ///< 1-based
    SchedulerState state = SchedulerState::online;
    std::uint64_t busy_ns = 0;  ///< time spent with processes, as `scheduler_wall_time`'s active time
    std::uint64_t total_ns = 0; ///< wall time; utilization of an interval is delta busy / delta total
    std::uint64_t cpu_ns = 0;   ///< CPU time of its thread, as the operating system counts it
    std::uint64_t reductions = 0;
    std::uint64_t context_switches = 0; ///< slices begun
    std::uint64_t steals = 0;           ///< processes that it took from others
    std::uint64_t wake_ups = 0;         ///< how often its thread slept and was woken
    std::uint64_t messages = 0;         ///< messages sent by its processes
    std::uint64_t spawns = 0;           ///< processes started by its processes
    std::uint64_t exits = 0;            ///< processes that ended on it
    /// Processes that wait for their turn, by priority (index: Priority).
    std::array<std::uint32_t, 4> run_queue{};
    std::uint32_t started_processes = 0; ///< processes that hold a stack here (`draining (N left)`)
    Pid running;                         ///< whom it runs now; the default Pid if it idles
    std::int32_t thread_id = 0;          ///< as `gettid()`
    // slices that ended although their process had more to do: because ...
    std::uint64_t budget_preemptions = 0; ///< ... its reductions were used up
    std::uint64_t flag_preemptions = 0;   ///< ... it lasted too long, and a runtime call noticed
    std::uint64_t signal_preemptions = 0; ///< ... it lasted too long, and a signal interrupted it
    std::uint64_t signal_refusals = 0;    ///< signals that came where a process cannot be interrupted, such as inside of malloc
    std::uint64_t longest_run_ns = 0;     ///< the longest that a process ran without giving way
    Pid last_preempted;                   ///< by flag or signal
    bool is_stuck = false;                ///< its running process does not give way: others take what can be taken
    std::uint32_t run_queue_length() const noexcept { return run_queue[0] + run_queue[1] + run_queue[2] + run_queue[3]; }
};

/// The Node at one moment.
struct NodeRow {
    std::string name;
    std::string stopped_because; ///< empty while nothing ends it; else why it ends or has ended
    std::chrono::system_clock::time_point taken_at;
    std::uint64_t uptime_ns = 0;
    std::uint32_t process_count = 0;
    std::uint32_t process_limit = 0;
    std::uint32_t atom_count = 0;
    std::uint32_t schedulers = 0;
    std::uint32_t schedulers_online = 0;
    std::uint64_t spawns = 0;     ///< since start
    std::uint64_t exits = 0;      ///< since start, all reasons
    std::uint64_t crashes = 0;    ///< exits whose reason was not normal, shutdown, {shutdown,_} or killed
    std::uint64_t restarts = 0;   ///< children that supervisors restarted
    std::uint64_t abandoned = 0;  ///< processes that did not stop by themselves; their destructors did not run
    std::uint64_t overflows = 0;  ///< processes that used up their stack; abandoned, but where a library had come back from it
    std::uint64_t faults = 0;     ///< of the abandoned: a hardware fault that was trapped
    std::uint64_t over_limit = 0; ///< processes that were killed since they held more than they may
    std::uint64_t messages = 0;   ///< sent since start
    std::uint64_t reductions = 0;
    std::uint64_t context_switches = 0;
    std::uint32_t run_queue_length = 0;             ///< of all schedulers
    std::uint32_t blocking_threads = 0;             ///< threads of the blocking pool that run something now, ...
    std::uint32_t most_blocking_threads = 0;        ///< ... of at most so many ...
    std::uint32_t blocking_jobs_waiting = 0;        ///< ... while so many calls wait for one of them
    std::uint32_t timers = 0;                       ///< pending timers
    std::uint64_t processes_bytes = 0;              ///< sum of the processes' memory
    std::uint64_t allocated_by_processes_bytes = 0; ///< of that: blocks of the allocator, as `allocation` says
    std::uint64_t allocated_by_nobody_bytes = 0;    ///< the allocator's other blocks: of other threads, of the runtime (control
                                                    ///< blocks, messages), of processes that have ended; 0: not counted
    std::uint64_t stacks_bytes = 0;                 ///< address space given to stacks
    std::uint64_t resident_bytes = 0;               ///< of the whole program
    std::string preemption;                         ///< the mode in force, with the reason if it was refused
    std::string stack_guards;                       ///< how overflow is caught, or why it is not
    std::string faults_are;                         ///< what a hardware fault in a process leads to
    std::string allocation;                         ///< whether what processes allocate is counted, or why not
    std::string compiled;                           ///< with which of the flags that it needs the code was that made the Node
};

/// The text of an interned id of a row.
/// **Thread:** any thread. **Blocks:** never.
std::string_view name_of(std::uint32_t id) noexcept;

/// What a Node looked like at one moment, owned by the reader, valid after the Node's end.
/// Rows are read one after another without stopping anyone: each row is true for its own moment.
struct Snapshot {
    NodeRow node;
    std::vector<SchedulerRow> schedulers;
    std::vector<ProcessRow> processes; ///< by slot, so by rising pid of one serial

    struct Label {
        Pid pid;
        std::string text;
    };
    std::vector<Label> labels; ///< of those rows that have label_flag, in row order
    /// The label of a process, or an empty text.
    std::string_view label(Pid pid) const noexcept;

    /// What few processes have: how they were preempted.
    struct PreemptionCounts {
        Pid pid;
        std::uint32_t preemptions = 0;    ///< slices that were taken from it, by flag or signal
        std::uint32_t refusals = 0;       ///< signals that came where it cannot be interrupted
        std::uint64_t longest_run_ns = 0; ///< the longest that it ran without giving way
    };
    std::vector<PreemptionCounts> preemptions; ///< of those rows that have preempted_flag, in row order
    /// Zeros for a process that was never preempted.
    PreemptionCounts preemption(Pid pid) const noexcept;
};

/// The name that a person reads first: registered name, else label, else initial function.
std::string_view display_name(const Snapshot& snapshot, const ProcessRow& row) noexcept;

} // namespace fiberscope
