// SPDX-License-Identifier: BSL-1.0
#include "base/clock.hpp"
#include "base/intern.hpp"
#include "inspect/function_names.hpp"
#include "inspect/observation.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace fiberscope::detail {

namespace {

/// Names that one reader has asked for already, so that a million rows do not meet at one lock.
class NameCache {
public:
    std::uint32_t of_address(std::uintptr_t address) {
        return lookup(names_, address, [address] {
            const std::uint32_t id = FunctionNames::instance().id_of_address(address);
            return is_glue(name_of(id)) ? 0 : id;
        });
    }
    /// Of the program's function there, else of the one that has swallowed it.
    std::uint32_t of_code(std::uintptr_t address) {
        return lookup(code_, address, [this, address] {
            const std::uint32_t id = FunctionNames::instance().id_of_program_code(address);
            return id != 0 ? id : of_address(address);
        });
    }
    std::uint32_t of_type(const char* mangled) {
        return lookup(names_, reinterpret_cast<std::uintptr_t>(mangled),
                      [mangled] { return FunctionNames::instance().id_of_type(mangled); });
    }

    /// Forgets names that may be others' by now. To be called before each reading.
    void refresh() {
        if (const std::uint64_t now = FunctionNames::instance().generation(); now != generation_) {
            names_.clear();
            code_.clear();
            generation_ = now;
        }
    }

private:
    using Names = boost::unordered_flat_map<std::uintptr_t, std::uint32_t>;

    /// What calls a body, and has swallowed it where the compiler inlined it: no name of the program's.
    static bool is_glue(std::string_view name) {
        return name.find("_Function_handler") != std::string_view::npos || name.find("BodyOf") != std::string_view::npos;
    }
    template <class Find>
    static std::uint32_t lookup(Names& names, std::uintptr_t key, Find find) {
        if (key == 0)
            return 0;
        if (const auto found = names.find(key); found != names.end())
            return found->second;
        return names.emplace(key, find()).first->second;
    }
    std::uint64_t generation_ = 0;
    Names names_; ///< of functions and types
    Names code_;  ///< of the functions that places in the code belong to
};

NameCache& names() {
    thread_local NameCache cache;
    return cache;
}

} // namespace

std::uint32_t initial_function(std::uint32_t given, std::uintptr_t address, const char* type) {
    if (given != 0)
        return given;
    return address != 0 ? names().of_address(address) : names().of_type(type);
}

namespace {

std::uint64_t milliseconds(std::int64_t ns) noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)) / 1'000'000U;
}

std::uint32_t current_function(const ControlBlock& block, const ProcessRow& row) {
    static const std::uint32_t server_loop = intern("Server loop");
    if (row.is_server() && block.fiber.load(std::memory_order_relaxed) == nullptr)
        return server_loop;
    const std::uintptr_t call_site = block.shown.call_site.get();
    const std::uint32_t function = call_site != 0 ? names().of_code(call_site - 1) : 0;
    return function != 0 ? function : row.initial_function;
}

/// What a running process has used since its slice began, which will be accounted when that ends.
void add_running_slice(const ProcessSystem& system, const ControlBlock& block, ProcessRow& row) {
    const Scheduler* home = block.home.load(std::memory_order_relaxed);
    if (home == nullptr || block.run_state.load(std::memory_order_relaxed) != RunState::running)
        return;
    const RunningSlice slice = home->slice().now();
    const std::uint64_t cpu_ns = block.shown.cpu_ns.get();
    const std::uint64_t reductions = block.shown.reductions.get();
    if (slice.process != &block || home->slice().now() != slice)
        return; // over meanwhile: it is in the sums
    const std::int64_t ran_ns = home->worked_ns(slice);
    row.cpu_ns = cpu_ns + static_cast<std::uint64_t>(ran_ns);
    row.reductions = reductions + static_cast<std::uint64_t>(system.group().settings().reductions_of(ran_ns));
}

/// It would run if its scheduler came to it.
bool is_due(const ControlBlock& block, Status status) {
    if (status == Status::runnable)
        return true;
    return status == Status::waiting && block.fiber.load(std::memory_order_relaxed) != nullptr &&
           block.wake_at_ns.load(std::memory_order_relaxed) <= clock_ns();
}

/// What it has allocated, its heap included; without the library that counts it, its heap alone.
std::uint64_t allocated_bytes_of(const ControlBlock& block) {
    const std::uint64_t heap_bytes = block.shown.heap_bytes.get();
    if (block.account() == nullptr)
        return heap_bytes;
    const auto allocated = static_cast<std::uint64_t>(std::max<std::int64_t>(allocation_library->bytes_of(*block.account()), 0));
    return blocks_have_addresses() ? allocated : allocated + heap_bytes;
}

ProcessRow row_of(const ProcessSystem& system, const ControlBlock& block, std::uint64_t allocated_bytes) {
    const Shown& shown = block.shown;
    ProcessRow row;
    row.pid = block.pid();
    row.parent = Pid::from_bits(shown.parent.get());
    row.reductions = shown.reductions.get();
    row.cpu_ns = shown.cpu_ns.get();
    add_running_slice(system, block, row);
    row.memory_bytes = sizeof(ControlBlock) + shown.mailbox_bytes.get() + allocated_bytes;
    if (block.fiber.load(std::memory_order_relaxed) != nullptr)
        row.memory_bytes += (shown.stack_used_bytes.get() + 4095U) / 4096U * 4096U;
    row.messages_in = shown.messages_in.get();
    row.messages_out = shown.messages_out.get();
    row.started_ms = milliseconds(shown.started_ns.get() - system.started_ns());
    row.state_since_ms = milliseconds(shown.state_since_ns.get() - system.started_ns());
    row.message_queue_length = shown.message_queue_length.get();
    row.flags = shown.flags.get();
    if (block.preemptions.get() != 0 || block.refusals.get() != 0)
        row.flags |= ProcessRow::preempted_flag;
    row.initial_function = initial_function(shown.initial_name.get(), shown.initial_function.get(), shown.initial_type.get());
    row.current_function = current_function(block, row);
    row.registered_name = shown.name.get();
    row.links = shown.links.get();
    row.monitors = shown.monitors.get();
    row.context_switches = shown.context_switches.get();
    const Scheduler* home = block.home.load(std::memory_order_relaxed);
    row.scheduler = static_cast<std::uint8_t>(home != nullptr && !row.is_external() ? home->id() : 0);
    row.priority = block.priority.load(std::memory_order_relaxed);
    row.status = block.status();
    if (home != nullptr && home->slice().is_stuck() && is_due(block, row.status))
        row.flags |= ProcessRow::starving_flag;
    return row;
}

std::uint64_t resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string preemption_text(const ProcessSystem& system) {
    const NodeConfig& config = system.config();
    const auto milliseconds = [](Duration time) { return std::chrono::duration<double, std::milli>{time}.count(); };
    if (system.group().preemption() == Preemption::signal)
        return fmt::format("at runtime calls after {:g} ms, by signal after {:g} ms", milliseconds(config.slice),
                           milliseconds(config.signal_slice));
    const std::string obstacle = system.group().signals_refused_because();
    const std::string cooperative = fmt::format("cooperative: at runtime calls after {:g} ms", milliseconds(config.slice));
    return obstacle.empty() ? cooperative : cooperative + " (no signals: " + obstacle + ")";
}

void sum_up_schedulers(Snapshot& snapshot) {
    NodeRow& node = snapshot.node;
    for (const SchedulerRow& scheduler : snapshot.schedulers) {
        node.spawns += scheduler.spawns;
        node.exits += scheduler.exits;
        node.messages += scheduler.messages;
        node.reductions += scheduler.reductions;
        node.context_switches += scheduler.context_switches;
        node.run_queue_length += scheduler.run_queue_length();
    }
}

} // namespace

void take_counters(const ProcessSystem& system, Snapshot& snapshot) {
    snapshot.schedulers.clear();
    for (const auto& scheduler : system.group().schedulers())
        snapshot.schedulers.push_back(scheduler->row());
    NodeRow& node = snapshot.node;
    node = {};
    node.name = system.config().name;
    node.taken_at = std::chrono::system_clock::now();
    node.uptime_ns = static_cast<std::uint64_t>(clock_ns() - system.started_ns());
    node.process_count = system.table().count();
    node.process_limit = system.table().limit();
    node.atom_count = intern_count();
    node.schedulers = static_cast<std::uint32_t>(system.group().schedulers().size());
    node.schedulers_online = system.group().online();
    node.spawns = system.outside_spawns.load();
    node.exits = system.outside_exits.load();
    node.messages = system.outside_messages.load();
    node.crashes = system.crashes.load();
    node.restarts = system.restarts.load();
    sum_up_schedulers(snapshot);
    node.blocking_threads = system.group().blocking_pool().busy_threads();
    node.most_blocking_threads = system.config().blocking_threads;
    node.blocking_jobs_waiting = system.group().blocking_pool().waiting_jobs();
    node.timers = system.pending_timers();
    node.stacks_bytes = system.group().stacks().reserved_bytes();
    node.resident_bytes = resident_bytes();
    node.abandoned = system.abandoned.load();
    node.overflows = system.overflows.load();
    node.faults = system.faults.load();
    node.faults_are =
        system.config().trap_faults ? "the end of the process, in its own code; else of the program" : "the end of the program";
    node.over_limit = system.over_limit.load();
    node.preemption = preemption_text(system);
    node.stack_guards = system.group().stacks().guards();
    node.compiled = system.compiled;
    const std::string& obstacle = find_allocation_library();
    node.allocation = obstacle.empty() ? "counted" : "not counted: " + obstacle;
    if (obstacle.empty())
        node.allocated_by_nobody_bytes =
            static_cast<std::uint64_t>(std::max<std::int64_t>(allocation_library->bytes_of_nobody(), 0));
}

void take_snapshot(const ProcessSystem& system, Snapshot& snapshot) {
    names().refresh();
    take_counters(system, snapshot);
    snapshot.processes.clear();
    snapshot.labels.clear();
    snapshot.preemptions.clear();
    const std::uint32_t end = system.table().used_slots();
    std::string label;
    for (std::uint32_t slot = 1; slot < end; ++slot) {
        const ControlBlock& block = *system.table().at(slot);
        if (!block.is_used())
            continue;
        const std::uint64_t allocated_bytes = allocated_bytes_of(block);
        const ProcessRow row = row_of(system, block, allocated_bytes);
        const bool has_label = row.has_label() && block.copy_label(label);
        const Snapshot::PreemptionCounts preemption{row.pid, block.preemptions.get(), block.refusals.get(),
                                                    static_cast<std::uint64_t>(block.longest_run_ns.get())};
        if (block.pid() != row.pid)
            continue; // it ended meanwhile: a part may be of the next one there
        snapshot.processes.push_back(row);
        snapshot.node.processes_bytes += row.memory_bytes;
        snapshot.node.allocated_by_processes_bytes += allocated_bytes;
        if (has_label)
            snapshot.labels.push_back({row.pid, label});
        if ((row.flags & ProcessRow::preempted_flag) != 0)
            snapshot.preemptions.push_back(preemption);
    }
}

namespace {

/// Stacks as text. In a storm of crashes most of them are the same.
class StackTexts {
public:
    const std::string& of(const RawStack& stack) {
        std::vector<std::uintptr_t> key = stack.addresses;
        key.insert(key.end(), {stack.left_out, stack.left_out_after});
        const auto [entry, is_new] = texts_.try_emplace(std::move(key));
        if (is_new)
            entry->second = stack_text(FunctionNames::instance().frames_of(stack));
        return entry->second;
    }

private:
    std::map<std::vector<std::uintptr_t>, std::string> texts_;
};

/// What was noted in a library that has been unloaded since is not named after another that lies there now.
void forget_unloaded(Event& event) {
    FunctionNames& names = FunctionNames::instance();
    if (event.initial_address != 0 && !names.was_there(event.initial_address, event.at))
        event.initial_address = 0;
    if (event.initial_type != nullptr && !names.was_there(reinterpret_cast<std::uintptr_t>(event.initial_type), event.at))
        event.initial_type = nullptr;
    names.forget_unloaded(event.stack, event.at);
}

/// A stack goes into the exit, or into the report that tells of it.
void name_stack(Event& event, LogEntry* report, StackTexts& texts) {
    const std::string& text = texts.of(std::exchange(event.stack, {}));
    if (report != nullptr)
        report->fields.emplace_back("stack", text);
    else
        event.stack_text = text;
}

bool wants_initial_call(const LogEntry& report) {
    return !report.fields.empty() && report.fields.front().first == LogEntry::initial_call;
}

} // namespace

void name_functions(EventBatch& batch) {
    StackTexts texts;
    names().refresh();
    for (Event& event : batch.events) {
        forget_unloaded(event);
        event.initial_function = initial_function(event.initial_function, event.initial_address, event.initial_type);
        std::shared_ptr<LogEntry> named; // the ring's own is shared
        if (event.log != nullptr && (!event.stack.empty() || wants_initial_call(*event.log)))
            named = std::make_shared<LogEntry>(*event.log);
        if (named != nullptr && wants_initial_call(*named))
            named->fields.front().second = name_of(event.initial_function);
        if (!event.stack.empty())
            name_stack(event, named.get(), texts);
        if (named != nullptr)
            event.log = std::move(named);
    }
}

} // namespace fiberscope::detail
