// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/event_ring.hpp"
#include "base/node_id.hpp"
#include "process/control_block.hpp"
#include "process/process_table.hpp"
#include "process/registry.hpp"
#include "process/timer_table.hpp"
#include "scheduler/scheduler_group.hpp"

#include <fiberscope/node_config.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace fiberscope::detail {

/// What a spawn needs beyond the options.
struct SpawnPlan {
    std::unique_ptr<ProcessCode> code;
    const void* function = nullptr;
    const char* mangled_type = nullptr;
    std::uint8_t flags = 0; ///< ProcessRow's
    /// Set for a server: who waits for its start to be over.
    bool reports_start = false;
    Ref start_request;
    Pid watcher; ///< monitors it from its birth as `watched_as`
    Ref watched_as;

    SpawnPlan() = default;
    explicit SpawnPlan(SpawnRequest&& request);
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    /// Of a spawn that failed: what the code has captured is destroyed as user code.
    ~SpawnPlan();
};

/// Everything that the processes of one Node share.
/// **Thread:** any, where nothing else is said.
class ProcessSystem final : public SchedulerClient, public std::enable_shared_from_this<ProcessSystem> {
public:
    ProcessSystem(const NodeConfig& config, Node& node);
    ~ProcessSystem();

    const NodeConfig& config() const noexcept { return config_; }
    Node& node() const noexcept { return node_; }
    std::uint32_t id() const noexcept { return id_.number(); }
    ProcessTable& table() noexcept { return table_; }
    const ProcessTable& table() const noexcept { return table_; }
    Registry& registry() noexcept { return registry_; }
    SchedulerGroup& group() noexcept { return group_; }
    const SchedulerGroup& group() const noexcept { return group_; }
    EventRing& events() noexcept { return events_; }
    /// Appends a report to the event ring. **Blocks:** as EventRing::append.
    void log(std::shared_ptr<const LogEntry> entry);
    /// The chain of those parents of `process` that still live, its parent first; at most 64.
    std::vector<Pid> ancestors_of(Pid process) const;
    /// Its registered name, else its label, else nothing.
    std::string name_of(Pid process) const;
    std::int64_t started_ns() const noexcept { return started_ns_; }

    /// Spawns a process; `parent` is the running one, or nullptr outside. **Errors:** Error{system_limit}, Error{badarg},
    /// std::bad_alloc; then the plan still has its code.
    std::pair<Pid, MonitorRef> spawn(ControlBlock* parent, SpawnPlan& plan, const SpawnOptions& options);
    /// Makes the calling thread a process. **Errors:** Error{system_limit}, Error{node_stopped}, std::bad_alloc.
    ControlBlock* attach();

    /// What a message to `target` reaches is the target's from here on, sent or not.
    void hand_over(Pid target, const MessageSignal& message) const noexcept {
        if (allocation_library != nullptr && message.type->visit_blocks != nullptr)
            hand_over_blocks(target, message);
    }
    /// Sends a signal. False if the target is dead: then it has been answered in its place (noproc).
    bool send(Pid target, std::unique_ptr<Signal> signal);
    /// The same for a message from a process on `here`: straight into its queue where that is close by.
    void send_here(Scheduler& here, Pid target, std::unique_ptr<MessageSignal> message) {
        ControlBlock* block = table_.addressed(target);
        message->target_serial = target.serial();
        if (block != nullptr && block->push_here(here, *message) == ControlBlock::Pushed::yes) [[likely]]
            static_cast<void>(message.release());
        else
            send(target, std::move(message));
    }
    /// The same, but gives the signal to a dead process back, unanswered.
    std::unique_ptr<Signal> try_send(Pid target, std::unique_ptr<Signal> signal) noexcept;
    /// Where a message to `target` goes; the default Pid if no process has the name.
    Pid resolve(const Target& target) const { return target.pid ? target.pid : registry_.find(target.name.existing()); }
    /// Answers a signal to a dead process as the process table would: link and monitor get noproc.
    void answer(Pid target, Signal& signal);
    /// The same, and destroys it. The destructor of a message is code of the user's, who is its sender.
    void answer_for_the_dead(Pid target, std::unique_ptr<Signal> signal);
    bool is_alive(Pid process) const noexcept { return table_.find(process) != nullptr; }

    /// A reference that nobody else gets.
    static Ref make_ref() noexcept;
    /// Sends `message` at `at_ns`, from the caller's scheduler or, outside of them, from the first. **Thread:** any.
    /// **Errors:** Error{system_limit}, std::bad_alloc.
    TimerRef start_timer(std::int64_t at_ns, const Target& target, std::unique_ptr<MessageSignal> message, bool is_timeout);
    /// When it would have fired, or nothing if it is not pending. **Thread:** any.
    std::optional<std::int64_t> cancel_timer(TimerRef timer);
    std::optional<std::int64_t> read_timer(TimerRef timer) const;
    /// Takes back the timers to a process that ends. **Thread:** its own.
    void drop_timers_of(ControlBlock& block, Pid pid);
    std::uint32_t pending_timers() const noexcept;
    void fire_timer(Scheduler& scheduler, std::uint64_t timer) noexcept override;
    void slice_is_long(const Scheduler& scheduler, const Schedulable& process, std::uint64_t id_bits, std::int64_t ran_ns,
                       bool is_wanted, RawStack stack) noexcept override;
    void blocking_pool_is_full(std::uint32_t threads, std::uint32_t waiting_jobs) noexcept override;

    /// Counters beside those of the schedulers.
    std::atomic<std::uint64_t> outside_spawns{0};
    std::atomic<std::uint64_t> outside_messages{0};
    std::atomic<std::uint64_t> outside_exits{0};
    std::atomic<std::uint64_t> crashes{0};
    std::atomic<std::uint64_t> restarts{0};
    std::atomic<std::uint64_t> abandoned{0};
    std::atomic<std::uint64_t> overflows{0};
    std::atomic<std::uint64_t> faults{0};
    std::atomic<std::uint64_t> over_limit{0};
    /// Nobody is suspended any more, however often: the Node stops.
    std::atomic<bool> stopping{false};
    /// No spawn is accepted any more.
    std::atomic<bool> closed{false};
    /// Protects the labels of all processes: rarely written, read by snapshots.
    mutable std::mutex label_mutex;
    /// How the code that made the Node was compiled. Written before it starts.
    std::string compiled;
    /// Called when an application's end stops the Node.
    std::function<void(std::string because)> on_stop_request;

private:
    void report_long_slice(const Scheduler& scheduler, const Schedulable& process, Pid pid, std::int64_t ran_ns, bool is_wanted,
                           RawStack stack);
    Pid bring_to_life(ControlBlock& child, ControlBlock* parent, SpawnPlan& plan, const SpawnOptions& options);
    void connect(ControlBlock& parent, ControlBlock& child, const SpawnOptions& options, MonitorRef monitor);
    void hand_over_blocks(Pid target, const MessageSignal& message) const noexcept;
    TimerTable* timers_of(TimerRef timer) const noexcept;
    void have_gone_stale(std::uint32_t scheduler, std::size_t count) noexcept;
    void destroy_undelivered(std::unique_ptr<Signal> signal) noexcept;

    const NodeConfig config_;
    Node& node_;
    const NodeId id_;
    const std::int64_t started_ns_;
    EventRing events_;
    SchedulerGroup group_;
    ProcessTable table_;
    Registry registry_;
    std::vector<std::unique_ptr<TimerTable>> timers_; ///< by scheduler id - 1
};

} // namespace fiberscope::detail
