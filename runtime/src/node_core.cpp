// SPDX-License-Identifier: BSL-1.0
#include "node_core.hpp"

#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "inspect/crash_report.hpp"
#include "process/plain_code.hpp"

#include <condition_variable>
#include <thread>

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

/// Threads that hang in a process's code keep their Node for ever: it stays reachable here.
void leave_behind(std::shared_ptr<void> core) {
    static std::mutex mutex;
    static auto* left = new std::vector<std::shared_ptr<void>>; // never freed: the threads use it until the program ends
    const std::lock_guard lock{mutex};
    left->push_back(std::move(core));
}

} // namespace

NodeCore::NodeCore(const NodeConfig& config, Node& node)
    : system{std::make_shared<ProcessSystem>(config, node)}, log_handlers{std::make_shared<LogHandlers>(system)} {}

NodeCore::~NodeCore() {
    log_handlers->stop();
}

void NodeCore::start() {
    system->on_stop_request = [weak = weak_from_this()](std::string because) {
        auto core = weak.lock();
        if (core == nullptr)
            return;
        {
            const std::lock_guard lock{core->reason_mutex_};
            core->stopped_because_ = std::move(because);
        }
        std::thread{[core] { core->stop(deadline_after(clock_ns(), std::chrono::seconds{10})); }}.detach();
    };
    if (system->config().signal_handlers) {
        crash_report::watch(system);
        signal_handlers_.emplace(&crash_report::write);
    }
    log_handlers->add_standard_error(level_for_standard_error(system->config().log_to_stderr));
    system->group().start();
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
    auto shared = std::make_shared<decltype(operation)>(std::move(operation));
    const auto body = [shared](Process& self) { (*shared)(&self, {}); };
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
        (*shared)(nullptr, error.term);
    }
}

// -- the end ----

std::vector<Pid> NodeCore::stop(std::int64_t deadline_ns) {
    const std::lock_guard lock{stopping_};
    if (std::exchange(stopped_, true))
        return {};
    stop_applications(deadline_ns);
    {
        const std::lock_guard reason_lock{reason_mutex_};
        if (stopped_because_.empty())
            stopped_because_ = "stopped";
    }
    system->closed.store(true);
    kill_all(deadline_ns);
    std::vector<Pid> left = living();
    constexpr std::chrono::milliseconds for_threads_to_end{500};
    if (system->group().stop(std::max(deadline_ns, deadline_after(clock_ns(), for_threads_to_end))))
        signal_handlers_.reset();
    else
        leave_behind(shared_from_this()); // with the handlers, which its threads need
    log_handlers->stop();
    return left;
}

void NodeCore::stop_applications(std::int64_t deadline_ns) {
    if (applications.running().empty())
        return;
    auto done = std::make_shared<Completion>();
    run_async([this, keep = shared_from_this(), done](Process* self, const ExitReason& /*reason*/) {
        if (self != nullptr)
            applications.stop_all(*self);
        done->complete();
    });
    done->wait_until(deadline_ns);
}

/// Those that are left, without the threads that are attached from outside: they end by themselves.
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
    constexpr std::chrono::milliseconds between_looks{1};
    for (auto pids = living(); !pids.empty() && clock_ns() < deadline_ns; pids = living()) {
        for (const Pid pid : pids)
            system->send(pid, std::make_unique<Envelope<Exit>>(SignalKind::exit, Exit{Pid{}, ExitReason::kill()}));
        std::this_thread::sleep_for(between_looks);
    }
}

} // namespace fiberscope::detail
