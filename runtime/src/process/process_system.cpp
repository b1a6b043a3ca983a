// SPDX-License-Identifier: BSL-1.0
#include "process/process_system.hpp"

#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "process/abandon.hpp"
#include "process/plain_code.hpp"
#include "scheduler/slice_monitor.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace fiberscope::detail {

namespace {

/// A monitor of a dead process, or a request to it, is answered at once.
std::unique_ptr<Signal> down_of_the_dead(Pid target, Ref ref) {
    auto down = std::make_unique<Envelope<Down>>(SignalKind::down, Down{MonitorRef{ref}, target, ExitReason::noproc(), {}});
    down->tag = ref;
    return down;
}

/// A value of the user's may have a destructor of the user's.
bool is_users(const Signal& signal) {
    return signal.kind == SignalKind::message && static_cast<const MessageSignal&>(signal).type != &message_type<StartReport>;
}

SchedulerSettings settings_of(const NodeConfig& config) {
    SchedulerSettings settings;
    settings.schedulers = config.schedulers;
    settings.reductions_per_slice = static_cast<std::int32_t>(config.reductions_per_slice);
    settings.slice = config.slice;
    settings.signal_slice = config.signal_slice;
    settings.long_schedule = config.long_schedule;
    settings.nice = config.scheduler_nice;
    settings.blocking_threads = config.blocking_threads;
    settings.trap_faults = config.trap_faults;
    settings.usual_stack_bytes = SpawnOptions{}.stack_bytes;
    settings.signal_handlers = config.signal_handlers;
    settings.stack_guards = config.stack_guards;
    settings.restless = std::getenv("FIBERSCOPE_RESTLESS") != nullptr;
    return settings;
}

} // namespace

ProcessSystem::ProcessSystem(const NodeConfig& config, Node& node)
    : config_{config}, node_{node}, started_ns_{clock_ns()}, events_{config.event_capacity}, group_{settings_of(config), *this},
      table_{*this, config.process_limit, config.schedulers} {
    find_allocation_library();
    const std::string obstacle = group_.signals_refused_because();
    if (obstacle.empty())
        group_.set_preemption(config.preemption);
    else if (config.preemption == Preemption::signal)
        log(std::make_shared<const LogEntry>(
            LogEntry{LogLevel::warning, {}, "Processes are not preempted by signals: " + obstacle, {}}));
    install_terminate_handler();
    for (std::uint32_t scheduler = 1; scheduler <= config.schedulers; ++scheduler)
        timers_.push_back(std::make_unique<TimerTable>(scheduler));
}

ProcessSystem::~ProcessSystem() = default;

void ProcessSystem::log(std::shared_ptr<const LogEntry> entry) {
    Event event;
    event.kind = EventKind::log;
    event.pid = entry->pid;
    event.log = std::move(entry);
    events_.append(std::move(event));
}

void ProcessSystem::blocking_pool_is_full(std::uint32_t threads, std::uint32_t waiting_jobs) noexcept {
    try {
        log(std::make_shared<const LogEntry>(
            LogEntry{LogLevel::warning,
                     {},
                     "BLOCKING POOL FULL",
                     {{"threads", std::to_string(threads)}, {"jobs_waiting", std::to_string(waiting_jobs)}}}));
    } catch (const std::bad_alloc&) { // a report less
    }
}

/// As BEAM's system monitor tells of a `long_schedule`.
void ProcessSystem::slice_is_long(const Scheduler& scheduler, const Schedulable& process, std::uint64_t id_bits,
                                  std::int64_t ran_ns, bool is_wanted, RawStack stack) noexcept {
    try {
        report_long_slice(scheduler, process, Pid::from_bits(id_bits), ran_ns, is_wanted, std::move(stack));
    } catch (const std::bad_alloc&) { // a report less
    }
}

void ProcessSystem::report_long_slice(const Scheduler& scheduler, const Schedulable& process, Pid pid, std::int64_t ran_ns,
                                      bool is_wanted, RawStack stack) {
    const ControlBlock* block = table_.find(pid);
    const bool may_signal = scheduler.may_signal(process);
    auto entry = std::make_shared<LogEntry>();
    entry->level = LogLevel::warning;
    entry->pid = pid;
    entry->title = "LONG SCHEDULE";
    entry->fields = {{"scheduler", std::to_string(scheduler.id())},
                     {"time_ms", std::to_string(ran_ns / 1'000'000)},
                     {"preemption", may_signal ? "signals are refused: a call that blocks, foreign code, or a lock"
                                               : "cooperative: it reaches no safe point"}};
    if (is_wanted)
        entry->fields.emplace_back("exit_signal", "cannot reach it until it gives way");
    Event event;
    if (block != nullptr) {
        event = block->event_of(EventKind::log);
        event.name = Atom::from_id(block->shown.name.get());
        block->copy_label(event.label);
        if (!block->is_live(pid.serial()))
            event = {}; // it has ended meanwhile: these may be another's
    }
    event.kind = EventKind::log;
    event.pid = pid;
    event.stack = std::move(stack);
    event.log = std::move(entry);
    events_.append(std::move(event));
}

// -- processes ----

std::vector<Pid> ProcessSystem::ancestors_of(Pid process) const {
    constexpr std::size_t most_ancestors = 64;
    std::vector<Pid> ancestors;
    const ControlBlock* block = table_.find(process);
    while (block != nullptr && ancestors.size() < most_ancestors) {
        const Pid parent = Pid::from_bits(block->shown.parent.get());
        block = table_.find(parent);
        if (block != nullptr)
            ancestors.push_back(parent);
    }
    return ancestors;
}

std::string ProcessSystem::name_of(Pid process) const {
    const ControlBlock* block = table_.find(process);
    if (block == nullptr)
        return {};
    std::string name = block->name();
    return table_.find(process) == block ? name : std::string{}; // else it has ended meanwhile: it may be another's
}

SpawnPlan::SpawnPlan(SpawnRequest&& request)
    : code{std::make_unique<PlainCode>(std::move(request.body))}, function{request.function},
      mangled_type{request.mangled_type}, watcher{request.watcher}, watched_as{request.watched_as} {}

SpawnPlan::~SpawnPlan() {
    if (code == nullptr)
        return;
    const UserCode destructors;
    code.reset();
}

std::pair<Pid, MonitorRef> ProcessSystem::spawn(ControlBlock* parent, SpawnPlan& plan, const SpawnOptions& options) {
    if (closed.load(std::memory_order_relaxed))
        throw Error{Term::atom("node_stopped")};
    if (options.name && !plan.reports_start && registry_.find(options.name))
        throw Error{Term::atom("badarg")};
    Scheduler* here = parent != nullptr ? parent->scheduler() : nullptr;
    const std::uint32_t place = here != nullptr ? here->id() : 0;
    ControlBlock* child = table_.allocate(place, (plan.flags & ProcessRow::system_flag) != 0);
    if (child == nullptr)
        throw Error{Term::atom("system_limit")};
    const MonitorRef monitor = options.monitor ? MonitorRef{make_ref()} : MonitorRef{};
    Pid pid;
    try {
        pid = bring_to_life(*child, parent, plan, options);
        if (parent != nullptr)
            connect(*parent, *child, options, monitor);
    } catch (...) {
        child->take_life_back();
        table_.release(*child, place);
        throw;
    }
    child->life().code = std::move(plan.code);
    child->life().code->belongs_to(child->account());
    (here != nullptr ? here->counters.spawns.add() : static_cast<void>(outside_spawns.fetch_add(1, std::memory_order_relaxed)));
    group_.submit(*child);
    return {pid, monitor};
}

namespace {

/// It is to end before it runs: normally, but a starter hears that `reason` made its start fail.
void fail_start(Life& life, ExitReason reason) {
    if (life.start_notice != nullptr)
        life.start_notice->failure = std::move(reason);
    life.ending.set_order(ExitReason::normal());
}

} // namespace

Pid ProcessSystem::bring_to_life(ControlBlock& child, ControlBlock* parent, SpawnPlan& plan, const SpawnOptions& options) {
    const std::uint32_t initial_name = options.initial_function.empty() ? 0 : Atom{options.initial_function}.id();
    const std::int64_t now_ns = parent != nullptr ? parent->now_ns() : clock_ns();
    const Pid pid = child.begin_life(options, parent != nullptr ? parent->pid() : Pid{}, now_ns);
    child.shown.initial_function.set(reinterpret_cast<std::uintptr_t>(plan.function));
    child.shown.initial_type.set(plan.mangled_type);
    child.shown.initial_name.set(initial_name);
    child.shown.set_flag(plan.flags, plan.flags != 0);
    if ((plan.flags & ProcessRow::system_flag) != 0)
        child.preemption = Preemption::cooperative; // the runtime's own code, in which locks are held
    child.shown.group_leader.set(parent != nullptr ? parent->shown.group_leader.get() : 0);
    if (plan.watcher)
        child.life().relations.monitored_by(plan.watched_as, plan.watcher);
    if (plan.reports_start)
        child.life().start_notice = std::make_unique<StartNotice>(StartNotice{parent->pid(), plan.start_request, {}, false});
    if (options.name && !registry_.add(options.name, child, pid))
        fail_start(child.life(), Term::tuple({Term::atom("already_started"), Term{registry_.find(options.name)}}));
    return pid;
}

/// Links and monitors of spawn_link and spawn_monitor: both sides at once, before the child can run (rule P03).
/// The child's side comes first: if there is no memory for the other, it is forgotten with the child.
void ProcessSystem::connect(ControlBlock& parent, ControlBlock& child, const SpawnOptions& options, MonitorRef monitor) {
    Relations& parents = parent.life().relations;
    Relations& childs = child.life().relations;
    if (options.monitor)
        childs.monitored_by(monitor, parent.pid());
    if (options.link) {
        const std::uint64_t stamp = parents.links().next_stamp();
        childs.links().linked_at_birth(parent.pid(), stamp);
        parents.links().linked_at_birth(child.pid(), stamp);
    }
    if (options.monitor)
        try {
            parents.monitor(monitor, child.pid(), {});
        } catch (...) {
            if (options.link)
                parents.links().forget(child.pid());
            throw;
        }
    parents.links_changed();
    childs.links_changed();
}

ControlBlock* ProcessSystem::attach() {
    if (closed.load(std::memory_order_relaxed))
        throw Error{Term::atom("node_stopped")};
    const Atom name{"external thread"};
    ControlBlock* block = table_.allocate(0);
    if (block == nullptr)
        throw Error{Term::atom("system_limit")};
    try {
        block->become_external();
    } catch (...) {
        table_.release(*block, 0);
        throw;
    }
    block->begin_life({}, {}, clock_ns());
    block->shown.group_leader.set(0);
    block->shown.set_flag(ProcessRow::external_flag, true);
    block->shown.initial_name.set(name.id());
    outside_spawns.fetch_add(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (closed.load(std::memory_order_relaxed)) // the Node stops just now, and may not have seen it
        send(block->pid(), std::make_unique<Envelope<Exit>>(SignalKind::exit, Exit{Pid{}, ExitReason::kill()}));
    return block;
}

// -- signals ----

bool ProcessSystem::send(Pid target, std::unique_ptr<Signal> signal) {
    signal = try_send(target, std::move(signal));
    if (signal == nullptr)
        return true;
    answer_for_the_dead(target, std::move(signal));
    return false;
}

std::unique_ptr<Signal> ProcessSystem::try_send(Pid target, std::unique_ptr<Signal> signal) noexcept {
    ControlBlock* block = table_.addressed(target);
    signal->target_serial = target.serial();
    const SignalKind kind = signal->kind;
    const bool interrupts =
        kind == SignalKind::exit || kind == SignalKind::link_exit || kind == SignalKind::suspend || kind == SignalKind::inspect;
    if (block == nullptr)
        return signal;
    auto pushed = ControlBlock::Pushed::elsewhere;
    if (Scheduler* here = Scheduler::current(); here != nullptr && &here->group() == &group_)
        pushed = block->push_here(*here, *signal);
    if (pushed == ControlBlock::Pushed::dead || (pushed == ControlBlock::Pushed::elsewhere && !block->push_there(*signal)))
        return signal;
    static_cast<void>(signal.release()); // NOLINT(bugprone-unused-return-value): the target's from here on
    const RunState state = block->run_state.load(std::memory_order_relaxed);
    if (!interrupts || (state != RunState::running && state != RunState::runnable))
        return nullptr;
    block->is_wanted.store(true, std::memory_order_seq_cst); // one that is about to run may have looked already
    if (Scheduler* home = block->home.load(std::memory_order_relaxed); home != nullptr && state == RunState::running)
        home->slice().request_preemption();
    SliceMonitor::instance().watch();
    return nullptr;
}

/// A large message takes its time, and its sender may be interrupted meanwhile.
void ProcessSystem::hand_over_blocks(Pid target, const MessageSignal& message) const noexcept {
    const ControlBlock* receiver = table_.addressed(target);
    if (receiver == nullptr || receiver->account() == nullptr || !blocks_have_addresses())
        return;
    HandOver moving = allocation_library->begin(*receiver->account());
    BlockVisitor visitor{allocation_library->take, &moving};
    {
        const UserCode of_the_messages_type;
        message.type->visit_blocks(message.value, visitor);
    }
    allocation_library->finish(moving);
}

void ProcessSystem::answer(Pid target, Signal& signal) {
    std::unique_ptr<Signal> answer;
    switch (signal.kind) {
    case SignalKind::link: {
        auto exit = std::make_unique<Envelope<Exit>>(SignalKind::link_exit, Exit{target, ExitReason::noproc()});
        exit->tag = Ref{static_cast<const LinkSignal&>(signal).stamp};
        answer = std::move(exit);
        break;
    }
    case SignalKind::unlink:
        answer = std::make_unique<LinkSignal>(SignalKind::unlink_ack, static_cast<const LinkSignal&>(signal).stamp);
        break;
    case SignalKind::monitor: answer = down_of_the_dead(target, static_cast<const MonitorSignal&>(signal).ref); break;
    case SignalKind::message:
        if (const auto& message = static_cast<const MessageSignal&>(signal); message.role == MessageRole::call)
            answer = down_of_the_dead(target, message.tag);
        break; // any other to a dead process: nothing happens
    case SignalKind::inspect: {
        RawInspection dead;
        dead.pid = target;
        static_cast<InspectSignal&>(signal).done(std::move(dead));
        break;
    }
    default: break;
    }
    if (answer == nullptr || !signal.from)
        return;
    answer->from = target;
    send(signal.from, std::move(answer));
}

void ProcessSystem::answer_for_the_dead(Pid target, std::unique_ptr<Signal> signal) {
    answer(target, *signal);
    if (!is_users(*signal))
        return;
    const UserCode destructor;
    signal.reset();
}

Ref ProcessSystem::make_ref() noexcept {
    constexpr std::uint64_t block = 1U << 16U;
    static std::atomic<std::uint64_t> next_block{1};
    [[gnu::tls_model("initial-exec")]] thread_local constinit std::uint64_t next = 0;
    if (next % block == 0)
        next = next_block.fetch_add(1, std::memory_order_relaxed) * block;
    return Ref{++next};
}

} // namespace fiberscope::detail
