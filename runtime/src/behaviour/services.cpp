// SPDX-License-Identifier: BSL-1.0
#include "behaviour/services.hpp"

#include "base/clock.hpp"
#include "base/code_depth.hpp"
#include "base/intern.hpp"
#include "behaviour/server_loop.hpp"
#include "process/await.hpp"
#include "process/call_cycle.hpp"
#include "process/pending_reply.hpp"
#include "process/process_system.hpp"

#include <fiberscope/sys.hpp>

namespace fiberscope::detail {

namespace {

/// The Exit message of a linked start that failed: the starter has the reason already.
void drop_exit_of(Life& starter, Pid child) {
    await_message(starter, starter.mailbox.begin(), Duration::zero(), [child](MessageSignal& message) {
        return message.type == &message_type<Exit> && message.from == child ? 0 : -1;
    });
}

} // namespace

Result<Pid> start_server(Process& starter, const ServerSpec& spec, bool link, bool system,
                         const std::function<void(Pid)>& spawned) {
    const RuntimeCall in_runtime;
    ControlBlock& block = ProcessAccess::block(starter);
    block.safe_point(10);
    SpawnPlan plan;
    {
        const UserCode copies; // of the server's arguments
        plan.code = std::make_unique<ServerLoop>(spec.make);
    }
    plan.mangled_type = spec.mangled_type;
    plan.flags = static_cast<std::uint8_t>(ProcessRow::server_flag | (system ? ProcessRow::system_flag : 0));
    plan.reports_start = true;
    PendingReply start{block.life(), ProcessSystem::make_ref()};
    plan.start_request = start.ref();
    SpawnOptions options = spec.options;
    options.link = link;
    options.monitor = false;
    const Pid child = block.system().spawn(&block, plan, options).first;
    if (spawned)
        spawned(child);
    const auto answer = await_reply(block.life(), start, child, infinity);
    if (!answer)
        return ExitReason{Term::atom("noproc")}; // the starter unwinds: nothing is waited for
    const auto& report = *static_cast<const StartReport*>((**answer)->value);
    if (report.outcome == StartReport::Outcome::started)
        return {boost::system::in_place_value, child};
    if (link && starter.trap_exit())
        drop_exit_of(block.life(), child);
    return report.outcome == StartReport::Outcome::ignored ? ExitReason{Term::atom("ignore")} : report.reason;
}

void send_reply(Process& self, Pid to, Ref tag, std::unique_ptr<MessageSignal> reply) {
    const RuntimeCall in_runtime;
    ControlBlock& block = ProcessAccess::block(self);
    block.check_caller();
    block.system().hand_over(to, *reply);
    reply->role = MessageRole::reply;
    reply->tag = tag;
    reply->from = self.pid();
    reply->sent_ns = block.now_ns();
    block.life().relations.no_longer_monitored(tag);
    block.shown.messages_out.add();
    if (Scheduler* scheduler = block.scheduler())
        scheduler->counters.messages.add();
    block.system().send(to, std::move(reply));
    block.safe_point();
}

Pid spawn_child(Process& parent, SpawnRequest request, SpawnOptions options) {
    SpawnPlan plan{std::move(request)};
    options.link = true;
    ControlBlock& block = ProcessAccess::block(parent);
    return block.system().spawn(&block, plan, options).first;
}

bool is_linked(Process& process, Pid peer) noexcept {
    return ProcessAccess::life(process).relations.is_linked(peer);
}

void record_event(Process& process, Event event) {
    const RuntimeCall in_runtime;
    ProcessSystem& system = ProcessAccess::block(process).system();
    if (event.kind == EventKind::restart)
        system.restarts.fetch_add(1, std::memory_order_relaxed);
    system.events().append(std::move(event));
}

void log_report(Process& process, LogLevel level, Pid about, std::string title,
                std::vector<std::pair<std::string, std::string>> fields) {
    const RuntimeCall in_runtime;
    ProcessAccess::block(process).system().log(
        std::make_shared<const LogEntry>(LogEntry{level, about, std::move(title), std::move(fields)}));
}

void become_group_leader(Process& process) noexcept {
    ProcessAccess::block(process).shown.group_leader.set(process.pid().bits());
}

void kill_group(Process& process) {
    ProcessSystem& system = ProcessAccess::block(process).system();
    constexpr std::uint32_t between_polls = 1024;
    for (bool is_done = false; !std::exchange(is_done, true);)
        for (std::uint32_t slot = 1; slot < system.table().used_slots(); ++slot) {
            if (slot % between_polls == 0)
                process.poll();
            const ControlBlock& block = *system.table().at(slot);
            const Pid member = block.pid();
            if (block.shown.group_leader.get() != process.pid().bits() || member == process.pid() || !system.is_alive(member))
                continue;
            const MonitorRef monitor = process.monitor(member);
            process.exit(member, ExitReason::kill());
            process.receive(on<Down>([monitor](const Down& down) { return down.ref == monitor; }, [](Down) {}));
            is_done = false; // it may have started others meanwhile
        }
}

std::int64_t node_time_ms(const Process& process) noexcept {
    const ControlBlock& block = ProcessAccess::block(process);
    return (clock_ns() - block.system().started_ns()) / 1'000'000;
}

Interruptible::Interruptible(Process& process) noexcept
    : process_{process}, outer_{std::exchange(ProcessAccess::block(process).preemption, std::nullopt)} {}

Interruptible::~Interruptible() {
    ProcessAccess::block(process_).preemption = outer_;
}

void request_node_stop(Process& process, const std::string& because) {
    constexpr std::chrono::milliseconds between_tries{100};
    for (bool is_first = true;; is_first = false)
        try {
            return ProcessAccess::block(process).system().on_stop_request(because);
        } catch (const std::system_error& error) { // no thread for it just now
            if (is_first)
                log_report(process, LogLevel::error, process.pid(), "NODE WAITS FOR A THREAD TO STOP IT",
                           {{"stop_because", because}, {"reason", error.what()}});
            process.sleep(between_tries);
        }
}

} // namespace fiberscope::detail

namespace fiberscope {

using namespace detail;

Result<Pid> Process::start(const ServerSpec& server) {
    const RuntimeCall in_runtime;
    return start_server(*this, server, false);
}

Result<Pid> Process::start_link(const ServerSpec& server) {
    const RuntimeCall in_runtime;
    return start_server(*this, server, true);
}

Result<std::unique_ptr<MessageSignal>> Process::call_signal(const Target& server, std::unique_ptr<MessageSignal> request,
                                                            Duration timeout) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    if (block_->is_external())
        block_->safe_point(); // also where there is nobody to call any more
    const Pid to = block_->system().resolve(server);
    if (!to)
        return ExitReason::noproc();
    if (to == pid())
        return ExitReason{Term::atom("calling_self")};
    Life& life = block_->life();
    PendingReply reply{life, ProcessSystem::make_ref()};
    request->role = MessageRole::call;
    request->tag = reply.ref();
    life.relations.monitor(reply.ref(), to, server.name.existing()); // the server makes its side with the request
    deliver(to, std::move(request));
    if (auto answer = await_reply(life, reply, to, timeout))
        return std::move(*answer);
    return ExitReason{Term{atoms::timeout}};
}

Result<std::monostate> Process::stop(Target server, ExitReason reason, WaitTime timeout) {
    const RuntimeCall in_runtime;
    block_->check_caller();
    const Pid to = block_->system().resolve(server);
    if (!to)
        return ExitReason::noproc();
    if (to == pid())
        return ExitReason{Term::atom("calling_self")};
    block_->safe_point();
    PendingReply end{block_->life(), ProcessSystem::make_ref()};
    end.monitor(to);
    cast(to, sys::Terminate{reason});
    const auto ended = await_reply(block_->life(), end, to, timeout);
    if (!ended)
        return ExitReason{Term{atoms::timeout}};
    if (ended->error() != reason)
        return ended->error();
    return {boost::system::in_place_value};
}

} // namespace fiberscope
