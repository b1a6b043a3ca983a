// SPDX-License-Identifier: BSL-1.0
#include "node_core.hpp"

#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "base/sanitizer.hpp"
#include "base/scope_exit.hpp"
#include "inspect/crash_report.hpp"
#include "inspect/function_names.hpp"
#include "process/plain_code.hpp"
#include "scheduler/errno_probe.hpp"
#include "scheduler/program_exit.hpp"

#include <fiberscope/sys.hpp>

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <system_error>
#include <thread>
#include <utility>

#include <unistd.h>

namespace fiberscope::detail {

namespace {

/// A call that another thread completes, waited for with a limit.
class Completion {
public:
    void complete() {
        const std::lock_guard lock{mutex_};
        done_ = true;
        changed_.notify_all();
    }
    bool wait_until(std::int64_t deadline_ns) {
        std::unique_lock lock{mutex_};
        return changed_.wait_until(lock, std::chrono::steady_clock::time_point{std::chrono::nanoseconds{deadline_ns}},
                                   [this] { return done_; });
    }

private:
    std::mutex mutex_; ///< protects done_
    std::condition_variable changed_;
    bool done_ = false;
};

/// The operation of an asynchronous call, which runs once: in its process, or with the reason why that did not come to run.
class AsyncCall {
public:
    using Operation = std::function<void(Process* self, const ExitReason& reason)>;

    AsyncCall(Operation operation, std::weak_ptr<ProcessSystem> system)
        : operation_{std::move(operation)}, system_{std::move(system)} {}
    AsyncCall(const AsyncCall&) = delete;
    AsyncCall& operator=(const AsyncCall&) = delete;
    ~AsyncCall() {
        if (!operation_)
            return;
        const auto system = system_.lock();
        const bool runs = system != nullptr && !system->closed.load();
        try {
            run(nullptr, Term::atom(runs ? "system_limit" : "node_stopped"));
        } catch (...) { // NOLINT(bugprone-empty-catch): nobody is there to hear of it
        }
    }

    void run(Process* self, const ExitReason& reason) { std::exchange(operation_, {})(self, reason); }
    void forget() noexcept { operation_ = {}; }

private:
    Operation operation_;
    std::weak_ptr<ProcessSystem> system_;
};

constexpr std::chrono::milliseconds between_looks{1};
constexpr Duration time_for_logger = std::chrono::milliseconds{200};

/// The part of a stop's time that applications do not get.
Duration time_to_kill(Duration deadline) {
    return std::min<Duration>(deadline / 4, std::chrono::seconds{1});
}

/// Nodes whose threads may go on until the program ends: never freed, and reachable from here. No lock: a child that
/// fork() made could find it held by a thread that it does not have.
struct LeftBehind {
    std::shared_ptr<void> core;
    LeftBehind* next;
};
constinit std::atomic<LeftBehind*> left_behind{nullptr};

void leave_behind(std::shared_ptr<void> core) {
    auto* left = new LeftBehind{std::move(core), left_behind.load(std::memory_order_relaxed)};
    while (!left_behind.compare_exchange_weak(left->next, left, std::memory_order_release, std::memory_order_relaxed)) {
    }
}

} // namespace

NodeCore::NodeCore(const NodeConfig& config, Node& node)
    : system{std::make_shared<ProcessSystem>(config, node)},
      log_handlers{std::make_shared<LogHandlers>(system)}, made_by_{::getpid()} {}

NodeCore::~NodeCore() {
    log_handlers->stop();
}

void NodeCore::note_build(BuildFlags build) {
    std::string lost;
    const auto lacks = [&lost](const char* flag) { lost += (lost.empty() ? "without " : "; without ") + std::string{flag}; };
    if (!build.probes_stack)
        lacks("-fstack-clash-protection: a frame larger than the guard zone overwrites the stack of another process");
    if (!build.keeps_frame_pointers)
        lacks("-fno-omit-frame-pointer: most stacks of crashes and of running processes have one frame only");
    const bool can_be_followed = !has_thread_sanitizer(); // its record of calls is the thread's
    const bool finds_errno = can_be_followed && finds_errno_on_another_thread(build.finds_errno_again);
    system->group().set_moves_frames(finds_errno);
    if (can_be_followed && !finds_errno)
        lacks("fiberscope/errno/errno.h in place of the system's: a process that has begun stays on its scheduler");
    system->compiled =
        lost.empty() ? "with -fstack-clash-protection, -fno-omit-frame-pointer and fiberscope/errno/errno.h" : lost;
    if (!lost.empty())
        system->log(std::make_shared<const LogEntry>(
            LogEntry{LogLevel::warning,
                     {},
                     "The program is compiled " + lost + ". Compile it with what Fiberscope::Runtime asks for.",
                     {}}));
}

void NodeCore::start() {
    FunctionNames::instance().generation(); // what is loaded now, before an address is noted
    system->on_stop_request = [weak = weak_from_this()](std::string because) {
        auto core = weak.lock();
        if (core == nullptr)
            return;
        core->begin_stop(usual_deadline, std::move(because));
    };
    if (system->config().signal_handlers) {
        crash_report::watch(system);
        signal_handlers_.emplace(&crash_report::write);
    }
    log_handlers->add_standard_error(level_for_standard_error(system->config().log_to_stderr));
    system->group().start();
}

/// The first one is it.
void NodeCore::note_reason(const std::string& because) {
    const std::lock_guard lock{reason_mutex_};
    if (stopped_because_.empty())
        stopped_because_ = because;
}

std::string NodeCore::stopped_because() const {
    const std::lock_guard lock{reason_mutex_};
    return stopped_because_;
}

std::optional<ExitReason> NodeCore::refuse_inside(const char* call, const char* instead) const {
    Process* const self = current_process();
    if (self == nullptr || &ProcessAccess::block(*self).system() != system.get())
        return std::nullopt;
    const std::string text = std::string{call} + " inside a process of the node: use " + instead;
    system->log(std::make_shared<const LogEntry>(LogEntry{LogLevel::error, self->pid(), text, {}}));
    return ExitReason{Term::tuple({Term::atom("badarg"), Term::string(text)})};
}

void NodeCore::run_async(std::function<void(Process* self, const ExitReason& reason)> operation) {
    auto call = std::make_shared<AsyncCall>(std::move(operation), system);
    const auto body = [call](Process& self) { call->run(&self, {}); };
    SpawnPlan plan;
    plan.code = std::make_unique<PlainCode>(std::make_unique<BodyOf<decltype(body)>>(body));
    plan.flags = ProcessRow::system_flag;
    SpawnOptions options;
    options.priority = Priority::max;
    options.initial_function = "asynchronous call";
    try {
        system->spawn(nullptr, plan, options);
    } catch (const Error& error) {
        const UserCode completion;
        call->run(nullptr, error.term);
    } catch (...) {
        call->forget();
        throw;
    }
}

// -- the end ----

std::vector<Pid> NodeCore::stop(Duration deadline) {
    const std::int64_t now_ns = clock_ns();
    const std::int64_t deadline_ns = deadline_after(now_ns, deadline);
    const std::lock_guard lock{stopping_};
    if (std::exchange(stopped_, true))
        return {};
    release_suspended();
    stop_applications(deadline_after(now_ns, deadline - time_to_kill(deadline)));
    note_reason("stopped");
    system->closed.store(true);
    kill_attached();
    constexpr std::chrono::milliseconds at_least{500}; // for the schedulers to run what can be ended, and to end themselves
    kill_all(std::max(deadline_ns, deadline_after(clock_ns(), at_least)));
    std::vector<Pid> left = living();
    if (system->group().stop(std::max(deadline_ns, deadline_after(clock_ns(), at_least))))
        signal_handlers_.reset();
    else
        leave_behind(shared_from_this()); // with the handlers, which its threads need
    log_handlers->stop();
    return left;
}

void NodeCore::stop_async(Duration deadline, std::function<void(std::vector<Pid>)> completion, std::string because) {
    std::thread{[core = shared_from_this(), deadline, completion = std::move(completion), because = std::move(because)] {
        core->note_reason(because);
        const auto left = core->stop(deadline);
        try {
            completion(left);
        } catch (...) { // who asked is gone with it, not the program
            core->system->log(std::make_shared<const LogEntry>(LogEntry{
                LogLevel::error, {}, "COMPLETION OF A STOP FAILED", {{"reason", to_string(reason_of_current_exception())}}}));
        }
    }}.detach();
}

void NodeCore::begin_stop(Duration deadline, std::string because) {
    stop_async(
        deadline, [](const std::vector<Pid>& /*left*/) {}, std::move(because));
}

bool NodeCore::is_forked() const noexcept {
    return made_by_ != ::getpid();
}

void NodeCore::leave() noexcept {
    const bool goes_on = is_forked() || program_exit::is_under_way();
    try {
        if (!goes_on)
            return begin_stop(usual_deadline);
    } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch): no thread to be had
    }
    leave_behind(shared_from_this());
}

/// Whoever has a part in the end in order can do it, and is not killed when the time is up.
void NodeCore::release_suspended() {
    system->stopping.store(true);
    std::atomic_thread_fence(std::memory_order_seq_cst); // one that is suspended just now sees that it is too late, or is seen
    for (std::uint32_t slot = 1; slot < system->table().used_slots(); ++slot) {
        const ControlBlock& block = *system->table().at(slot);
        if (block.is_used() && block.is_suspended())
            system->send(block.pid(), std::make_unique<SuspendSignal>(SignalKind::resume));
    }
}

void NodeCore::stop_applications(std::int64_t deadline_ns) {
    if (applications.running().empty())
        return;
    auto done = std::make_shared<Completion>();
    run_async([this, keep = shared_from_this(), done](Process* self, const ExitReason& reason) {
        const ScopeExit complete{[done] { done->complete(); }}; // also if it is killed itself
        if (self != nullptr)
            return applications.stop_all(*self);
        system->log(std::make_shared<const LogEntry>(
            LogEntry{LogLevel::error, {}, "APPLICATIONS NOT STOPPED IN ORDER", {{"reason", to_string(reason)}}}));
    });
    done->wait_until(deadline_ns);
}

std::vector<Pid> NodeCore::living() const {
    std::vector<Pid> pids;
    for (std::uint32_t slot = 1; slot < system->table().used_slots(); ++slot) {
        const ControlBlock& block = *system->table().at(slot);
        if (block.is_used() && (block.shown.flags.get() & ProcessRow::external_flag) == 0)
            pids.push_back(block.pid());
    }
    return pids;
}

void NodeCore::kill_all(std::int64_t deadline_ns) {
    const Pid logger = system->registry().find(Atom{"logger"});
    kill_all_but(logger, deadline_ns - time_for_logger.count()); // its time is its own, also if others do not end
    end_logger(logger, deadline_ns);
    kill_all_but({}, deadline_ns);
}

void NodeCore::kill_all_but(Pid spared, std::int64_t deadline_ns) {
    const auto to_end = [this, spared] {
        auto pids = living();
        std::erase(pids, spared);
        return pids;
    };
    boost::unordered_flat_set<std::uint64_t> killed; // once is enough, and there may be a million
    for (auto pids = to_end(); !pids.empty() && clock_ns() < deadline_ns; pids = to_end()) {
        for (const Pid pid : pids)
            if (killed.insert(pid.bits()).second)
                kill(pid);
        std::this_thread::sleep_for(between_looks);
    }
}

/// It writes the lines that it has been given until now, and ends.
void NodeCore::end_logger(Pid logger, std::int64_t deadline_ns) {
    auto terminate = std::make_unique<Envelope<sys::Terminate>>(SignalKind::message, sys::Terminate{ExitReason::normal()});
    terminate->role = MessageRole::cast;
    if (!logger || !system->send(logger, std::move(terminate)))
        return;
    const std::int64_t until_ns = std::min(deadline_ns, deadline_after(clock_ns(), time_for_logger));
    while (system->is_alive(logger) && clock_ns() < until_ns)
        std::this_thread::sleep_for(between_looks);
}

void NodeCore::kill(Pid process) {
    system->send(process, std::make_unique<Envelope<Exit>>(SignalKind::exit, Exit{Pid{}, ExitReason::kill()}));
}

/// A thread that waits as a process hears that nobody is left who could answer.
void NodeCore::kill_attached() {
    std::atomic_thread_fence(std::memory_order_seq_cst); // one that attaches just now sees that it is too late, or is seen
    for (std::uint32_t slot = 1; slot < system->table().used_slots(); ++slot) {
        const ControlBlock& block = *system->table().at(slot);
        if (block.is_used() && (block.shown.flags.get() & ProcessRow::external_flag) != 0)
            kill(block.pid());
    }
}

} // namespace fiberscope::detail
