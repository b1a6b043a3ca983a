// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/node.hpp>

#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "behaviour/logger.hpp"
#include "behaviour/services.hpp"
#include "inspect/observation.hpp"
#include "node_core.hpp"
#include "scheduler/program_code.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace fiberscope {

using namespace detail;

ExitReason detail::why_ended(const Process& caller, const ProcessExit& exit) {
    return ProcessAccess::block(caller).system().closed.load() ? ExitReason{Term::atom("node_stopped")} : exit.reason;
}

namespace {

NodeConfig checked(NodeConfig config) {
    if (config.schedulers == 0)
        config.schedulers = std::max(1U, std::thread::hardware_concurrency());
    const auto require = [](bool holds, const char* what) {
        if (!holds)
            throw std::invalid_argument{what};
    };
    require(config.schedulers <= 255, "NodeConfig::schedulers: 1 to 255");
    require(config.process_limit >= 16 && config.process_limit <= 4'190'000, "NodeConfig::process_limit: 16 to 4,190,000");
    require(config.reductions_per_slice >= 100 && config.reductions_per_slice <= 1'000'000'000,
            "NodeConfig::reductions_per_slice: 100 to 1,000,000,000");
    require(config.slice >= std::chrono::microseconds{100}, "NodeConfig::slice: at least 100 microseconds");
    require(config.signal_slice >= config.slice, "NodeConfig::signal_slice: at least as long as slice");
    require(config.long_schedule >= config.signal_slice, "NodeConfig::long_schedule: at least as long as signal_slice");
    require(config.long_schedule <= std::chrono::hours{24}, "NodeConfig::long_schedule: at most 24 hours");
    require(config.scheduler_nice >= 0 && config.scheduler_nice <= 19, "NodeConfig::scheduler_nice: 0 to 19");
    require(config.blocking_threads >= 1 && config.blocking_threads <= 1024, "NodeConfig::blocking_threads: 1 to 1024");
    require(config.signal_handlers || !config.trap_faults, "NodeConfig::trap_faults: not without signal_handlers");
    require(config.event_capacity >= 16, "NodeConfig::event_capacity: at least 16");
    for (const std::string& module : config.own_modules) {
        require(!module.empty(), "NodeConfig::own_modules: an empty name");
        program_code::trust_named(module);
    }
    return config;
}

void start_logger(Process& starter) {
    ServerSpec logger = Logger::start().named("logger");
    logger.options.initial_function = "logger";
    if (const auto started = start_server(starter, logger, false, true); !started)
        throw std::system_error{ENOMEM, std::generic_category(), "the logger did not start: " + to_string(started.error())};
}

/// What looks names up on disk is nothing for a scheduler, nor for the stack of a process.
template <class Work>
void off_the_scheduler(Work work) {
    if (Process* const caller = current_process())
        caller->blocking(work);
    else
        work();
}

/// Ends an external process when its last owner lets go of it.
void detach(ControlBlock* block) {
    const RuntimeCall in_runtime;
    Life& life = block->life();
    life.ending.set_reason(life.ending.order().value_or(ExitReason::normal()));
    life.finish();
}

} // namespace

// -- ExternalProcess ----

ExternalProcess::ExternalProcess(std::shared_ptr<ControlBlock> block, Process& process)
    : block_{std::move(block)}, process_{&process} {}
ExternalProcess::ExternalProcess(ExternalProcess&&) noexcept = default;
ExternalProcess& ExternalProcess::operator=(ExternalProcess&&) noexcept = default;
ExternalProcess::~ExternalProcess() = default;

ExternalProcess Node::attach() {
    const RuntimeCall in_runtime;
    ControlBlock* block = core_->system->attach();
    const auto core = core_;
    const auto end = [core](ControlBlock* ended) {
        if (!core->is_forked()) // else it is the parent's
            detach(ended);
    };
    return ExternalProcess{std::shared_ptr<ControlBlock>{block, end}, block->process()};
}

Result<std::unique_ptr<ExternalProcess>> Node::try_attach(const char* call, const char* instead) {
    const RuntimeCall in_runtime;
    if (auto refused = core_->refuse_inside(call, instead))
        return *refused;
    try {
        return std::make_unique<ExternalProcess>(attach());
    } catch (const Error& error) {
        return ExitReason{error.term};
    }
}

// -- life ----

Node::Node(NodeConfig config, BuildFlags build) : core_{std::make_shared<NodeCore>(checked(std::move(config)), *this)} {
    core_->note_build(build);
    try {
        core_->start();
        ExternalProcess me = attach();
        start_logger(*me);
    } catch (...) { // what has begun ends
        stop();
        throw;
    }
}

Node::Node(std::shared_ptr<NodeCore> core) noexcept : core_{std::move(core)}, stops_it_{false} {}

Node::~Node() {
    const RuntimeCall in_runtime;
    if (!stops_it_)
        return;
    if (core_->is_forked() || core_->is_inside())
        core_->leave();
    else
        core_->stop(NodeCore::usual_deadline);
}

Node Node::share() const {
    return Node{core_};
}

const NodeConfig& Node::config() const noexcept {
    return core_->system->config();
}
std::uint32_t Node::id() const noexcept {
    return core_->system->id();
}

std::vector<Pid> Node::stop(WaitTime deadline) {
    const RuntimeCall in_runtime;
    if (core_->is_forked())
        return {};
    if (!core_->is_inside())
        return core_->stop(deadline);
    core_->begin_stop(deadline);
    return core_->living();
}

void Node::stop_async(WaitTime deadline, std::function<void(std::vector<Pid>)> completion) {
    const RuntimeCall in_runtime;
    core_->stop_async(deadline, std::move(completion));
}

bool Node::is_stopped() const noexcept {
    return core_->system->closed.load();
}

// -- processes ----

Pid Node::spawn_request(SpawnRequest request, SpawnOptions options) {
    const RuntimeCall in_runtime;
    if (options.link || options.monitor)
        throw Error{Term::atom("badarg")};
    SpawnPlan plan{std::move(request)};
    return core_->system->spawn(nullptr, plan, options).first;
}

bool Node::deliver(const Target& target, std::unique_ptr<MessageSignal> message) {
    const RuntimeCall in_runtime;
    const Pid to = core_->system->resolve(target);
    if (!to)
        return false;
    core_->system->hand_over(to, *message);
    message->sent_ns = clock_ns();
    core_->system->outside_messages.fetch_add(1, std::memory_order_relaxed);
    return core_->system->send(to, std::move(message));
}

bool Node::exit(Pid process, ExitReason reason) {
    const RuntimeCall in_runtime;
    return core_->system->send(process, std::make_unique<Envelope<Exit>>(SignalKind::exit, Exit{Pid{}, std::move(reason)}));
}

bool Node::suspend(Pid process) {
    const RuntimeCall in_runtime;
    return core_->system->send(process, std::make_unique<SuspendSignal>(SignalKind::suspend));
}
bool Node::resume(Pid process) {
    const RuntimeCall in_runtime;
    return core_->system->send(process, std::make_unique<SuspendSignal>(SignalKind::resume));
}
bool Node::is_alive(Pid process) const noexcept {
    const RuntimeCall in_runtime;
    return core_->system->is_alive(process);
}
std::string Node::process_name(Pid process) const {
    const RuntimeCall in_runtime;
    return core_->system->name_of(process);
}
Pid Node::whereis(const Name& name) const {
    const RuntimeCall in_runtime;
    return core_->system->registry().find(name.existing());
}
std::vector<std::pair<Atom, Pid>> Node::registered() const {
    const RuntimeCall in_runtime;
    return core_->system->registry().all();
}
std::uint32_t Node::process_count() const noexcept {
    return core_->system->table().count();
}

void Node::run_async(std::function<void(Process* self, const ExitReason& reason)> operation) {
    const RuntimeCall in_runtime;
    core_->run_async(std::move(operation));
}

// -- servers and applications ----

Result<Pid> Node::start(const ServerSpec& server) {
    const RuntimeCall in_runtime;
    auto me = try_attach("Node::start", "self.start, or a supervisor");
    if (!me)
        return me.error();
    try {
        return start_server(***me, server, false);
    } catch (const Error& error) {
        return ExitReason{error.term};
    } catch (const ProcessExit& exit) {
        return why_ended(***me, exit);
    }
}

Result<std::monostate> Node::load(Application application) {
    const RuntimeCall in_runtime;
    return core_->applications.load(std::move(application));
}

/// Runs `operation(applications, self)` in the calling thread, as a process.
template <class Operation>
auto Node::with_applications(const char* call, const char* instead, Operation operation) {
    using Answer = decltype(operation(core_->applications, std::declval<Process&>()));
    auto me = try_attach(call, instead);
    if (!me)
        return Answer{me.error()};
    try {
        return operation(core_->applications, ***me);
    } catch (const ProcessExit& exit) {
        return Answer{why_ended(***me, exit)};
    }
}

/// Runs it in a process of its own, and hands its result to `completion`.
template <class Operation, class Completion>
void Node::with_applications_async(Operation operation, Completion completion) {
    run_async([core = core_.get(), operation = std::move(operation),
               completion = std::move(completion)](Process* self, const ExitReason& reason) {
        const auto operate = [&](Process& caller) { return operation(core->applications, caller); };
        complete<decltype(operate(*self))>(self, reason, operate, completion);
    });
}

Result<std::monostate> Node::start(Application application) {
    const RuntimeCall in_runtime;
    return with_applications("Node::start", "start_async",
                             [&](auto& all, Process& self) { return all.start(self, std::move(application)); });
}

Result<std::monostate> Node::start_application(Atom name, RestartType type) {
    const RuntimeCall in_runtime;
    return with_applications("Node::start_application", "start_application_async",
                             [=](auto& all, Process& self) { return all.start(self, name, type); });
}

Result<std::vector<Atom>> Node::ensure_all_started(Atom name, RestartType type) {
    const RuntimeCall in_runtime;
    return with_applications("Node::ensure_all_started", "ensure_all_started_async",
                             [=](auto& all, Process& self) { return all.ensure_all_started(self, name, type); });
}

Result<std::monostate> Node::stop_application(Atom name) {
    const RuntimeCall in_runtime;
    return with_applications("Node::stop_application", "stop_application_async",
                             [=](auto& all, Process& self) { return all.stop(self, name); });
}

void Node::start_async(Application application, std::function<void(Result<std::monostate>)> completion) {
    const RuntimeCall in_runtime;
    with_applications_async(
        [application = std::move(application)](auto& all, Process& self) { return all.start(self, application); },
        std::move(completion));
}

void Node::start_application_async(Atom name, RestartType type, std::function<void(Result<std::monostate>)> completion) {
    const RuntimeCall in_runtime;
    with_applications_async([=](auto& all, Process& self) { return all.start(self, name, type); }, std::move(completion));
}

void Node::ensure_all_started_async(Atom name, RestartType type, std::function<void(Result<std::vector<Atom>>)> completion) {
    const RuntimeCall in_runtime;
    with_applications_async([=](auto& all, Process& self) { return all.ensure_all_started(self, name, type); },
                            std::move(completion));
}

void Node::stop_application_async(Atom name, std::function<void(Result<std::monostate>)> completion) {
    const RuntimeCall in_runtime;
    with_applications_async([=](auto& all, Process& self) { return all.stop(self, name); }, std::move(completion));
}

std::vector<ApplicationInfo> Node::applications() const {
    const RuntimeCall in_runtime;
    return core_->applications.running();
}

// -- observing ----

Snapshot Node::snapshot() const {
    const RuntimeCall in_runtime;
    Snapshot result;
    snapshot(result);
    return result;
}

void Node::snapshot(Snapshot& reuse) const {
    const RuntimeCall in_runtime;
    off_the_scheduler([&] { take_snapshot(*core_->system, reuse); });
    reuse.node.stopped_because = core_->stopped_because();
}

void Node::counters(Snapshot& reuse) const {
    const RuntimeCall in_runtime;
    take_counters(*core_->system, reuse);
    reuse.node.stopped_because = core_->stopped_because();
}

std::uint64_t Node::last_event_seq() const {
    const RuntimeCall in_runtime;
    return core_->system->events().last_seq();
}

EventBatch Node::events_after(std::uint64_t seq) const {
    const RuntimeCall in_runtime;
    EventBatch batch = core_->system->events().after(seq);
    off_the_scheduler([&batch] { name_functions(batch); });
    return batch;
}

void Node::inspect(std::vector<Pid> processes, Inspect what, PageRange range, InspectionHandler handler) {
    const RuntimeCall in_runtime;
    inspect_processes(*core_->system, processes, what, range, std::move(handler));
}

void Node::log(LogLevel level, std::string text, Pid about) {
    const RuntimeCall in_runtime;
    cast("logger", Logger::Line{level, std::move(text), about});
}

Result<std::monostate> Node::add_log_handler(Atom id, std::optional<LogLevel> level, LogHandler handler) {
    const RuntimeCall in_runtime;
    if (handler == nullptr)
        return ExitReason{Term::atom("badarg")};
    return core_->log_handlers->add(id, level, std::move(handler));
}

Result<std::monostate> Node::remove_log_handler(Atom id) {
    const RuntimeCall in_runtime;
    Result<std::monostate> removed;
    off_the_scheduler([&] { removed = core_->log_handlers->remove(id); });
    return removed;
}

Result<std::monostate> Node::set_log_handler_level(Atom id, std::optional<LogLevel> level) {
    const RuntimeCall in_runtime;
    return core_->log_handlers->set_level(id, level);
}

bool Node::wait_until_quiet(WaitTime timeout) {
    const RuntimeCall in_runtime;
    if (auto refused = core_->refuse_inside("Node::wait_until_quiet", "messages or a monitor"))
        throw Error{refused->term()};
    return core_->system->group().wait_until_quiet(deadline_after(clock_ns(), timeout));
}

bool Node::set_schedulers_online(std::uint32_t count) {
    const RuntimeCall in_runtime;
    return core_->system->group().set_online(count);
}
Preemption Node::set_preemption(Preemption preemption) noexcept {
    const RuntimeCall in_runtime;
    if (core_->system->group().signals_refused_because().empty())
        core_->system->group().set_preemption(preemption);
    return this->preemption();
}
Preemption Node::preemption() const noexcept {
    return core_->system->group().preemption();
}

std::uint32_t Node::schedulers() const noexcept {
    return config().schedulers;
}
std::uint32_t Node::schedulers_online() const noexcept {
    return core_->system->group().online();
}

} // namespace fiberscope
