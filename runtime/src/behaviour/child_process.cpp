// SPDX-License-Identifier: BSL-1.0
#include "behaviour/child_process.hpp"

#include "base/intern.hpp"
#include "behaviour/services.hpp"
#include "process/plain_code.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace fiberscope::detail {
namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

using PlainBody = std::function<void(Process&)>;

Pid spawn_plain(Process& self, const ChildSpec& spec, const PlainBody& body) {
    SpawnRequest request;
    request.function = spec.function;
    request.mangled_type = spec.mangled_type;
    request.body = std::make_unique<BodyOf<PlainBody>>(body);
    return spawn_child(self, std::move(request), spec.spawn);
}

/// In a supervisor `ignore` is no failure: the default Pid.
Result<Pid> ignore_is_no_process(Result<Pid> started) {
    if (!started && started.error().term().is_atom("ignore"))
        return {boost::system::in_place_value, Pid{}};
    return started;
}

Result<Pid> start_linked(Process& self, const ServerSpec& server) {
    return ignore_is_no_process(start_server(self, server, true));
}

/// Takes the end of `child` that `monitor` reports; nothing if it does not come within `timeout`.
std::optional<ExitReason> await_end(Process& self, MonitorRef monitor, Duration timeout) {
    return self.receive(on<Down>([monitor](const Down& down) { return down.ref == monitor; },
                                 [](Down down) { return std::optional{std::move(down.reason)}; }),
                        after(timeout, [] { return std::optional<ExitReason>{}; }));
}

/// The reason that came over the link is preferred. Noproc: the child was gone before it was monitored; as long as the link
/// stands, its Exit with the true reason is on its way. OTP 25 takes it to be there already, later releases wait, too.
ExitReason unlink_and_flush(Process& self, Pid child, ExitReason reason) {
    const bool is_on_its_way = reason == ExitReason::noproc() && is_linked(self, child);
    if (!is_on_its_way)
        self.unlink(child);
    return self.receive(
        on<Exit>([child](const Exit& exit) { return exit.from == child; }, [](Exit exit) { return std::move(exit.reason); }),
        after(is_on_its_way ? infinity : Duration::zero(), [&] { return std::move(reason); }));
}

} // namespace

// A child's body is copied and its options are checked in the supervisor's own process: what they throw is the child's
// failure, not the supervisor's.
Result<Pid> start_child_process(Process& self, const ChildSpec& spec) {
    try {
        return std::visit(Overloaded{[&](const ServerSpec& server) { return start_linked(self, server); },
                                     [&](const std::shared_ptr<const Supervisor>& supervisor) {
                                         return start_linked(self, supervisor->start());
                                     },
                                     [&](const PlainBody& body) {
                                         return Result<Pid>{boost::system::in_place_value, spawn_plain(self, spec, body)};
                                     },
                                     [&](const StartFunction& function) {
                                         const Interruptible user_code{self};
                                         return ignore_is_no_process(function.start(self));
                                     }},
                          spec.start);
    } catch (const ProcessExit&) {
        throw;
    } catch (...) {
        return reason_of_current_exception();
    }
}

ExitReason stop_child_process(Process& self, Pid child, const ChildSpec& spec) {
    const Shutdown shutdown = spec.shutdown();
    const MonitorRef monitor = self.monitor(child);
    self.exit(child, shutdown.is_brutal() ? ExitReason::kill() : ExitReason::shutdown());
    std::optional<ExitReason> reason = await_end(self, monitor, shutdown.is_brutal() ? infinity : shutdown.time());
    if (!reason) {
        self.exit(child, ExitReason::kill());
        reason = await_end(self, monitor, infinity);
    }
    return unlink_and_flush(self, child, std::move(*reason));
}

std::vector<ExitReason> stop_child_processes(Process& self, const std::vector<Pid>& children, const ChildSpec& spec) {
    const Shutdown shutdown = spec.shutdown();
    std::unordered_map<Ref, std::size_t> waited_for;
    for (std::size_t i = 0; i < children.size(); ++i)
        waited_for.emplace(self.monitor(children[i]), i);
    for (const Pid child : children)
        self.exit(child, shutdown.is_brutal() ? ExitReason::kill() : ExitReason::shutdown());
    std::vector<ExitReason> reasons(children.size());
    bool is_last_word = shutdown.is_brutal() || shutdown.is_infinite();
    const std::int64_t deadline_ns = is_last_word ? 0 : deadline_after(clock_ns(), shutdown.time());
    while (!waited_for.empty()) {
        const Duration left = is_last_word ? infinity : Duration{std::max<std::int64_t>(deadline_ns - clock_ns(), 0)};
        auto down = self.receive(on<Down>([&](const Down& end) { return waited_for.contains(end.ref); },
                                          [](Down end) { return std::optional{std::move(end)}; }),
                                 after(left, [] { return std::optional<Down>{}; }));
        if (down) {
            const auto entry = waited_for.find(down->ref);
            reasons[entry->second] = unlink_and_flush(self, down->pid, std::move(down->reason));
            waited_for.erase(entry);
            continue;
        }
        is_last_word = true;
        for (const auto& [monitor, child] : waited_for)
            self.exit(children[child], ExitReason::kill());
    }
    return reasons;
}

bool is_expected_stop(const ChildSpec& spec, const ExitReason& reason) noexcept {
    const Term& term = reason.term();
    if (spec.shutdown().is_brutal() && term.is_atom() && term.as_atom() == atoms::killed)
        return true;
    if (!spec.shutdown().is_brutal() && term.is_atom() && term.as_atom() == atoms::shutdown)
        return true;
    return spec.options.restart != RestartType::permanent && reason.is_clean();
}

Term to_term(Shutdown shutdown) {
    if (shutdown.is_brutal())
        return Term::atom("brutal_kill");
    if (shutdown.is_infinite())
        return Term::atom("infinity");
    return Term::integer(std::chrono::duration_cast<std::chrono::milliseconds>(shutdown.time()).count());
}

Atom registered_name(const ChildSpec& spec) noexcept {
    return std::visit(Overloaded{[](const ServerSpec& server) { return server.options.name; },
                                 [](const std::shared_ptr<const Supervisor>& supervisor) { return supervisor->name(); },
                                 [&](const PlainBody&) { return spec.spawn.name; }, [](const StartFunction&) { return Atom{}; }},
                      spec.start);
}

StartFunctionName start_function_name(const ChildSpec& spec) noexcept {
    return std::visit(Overloaded{[](const ServerSpec& server) {
                                     return StartFunctionName{server.options.initial_function, server.mangled_type};
                                 },
                                 [](const std::shared_ptr<const Supervisor>&) { return StartFunctionName{"Supervisor"}; },
                                 [&](const PlainBody&) {
                                     return StartFunctionName{spec.spawn.initial_function, spec.mangled_type};
                                 },
                                 [](const StartFunction& function) { return StartFunctionName{function.name}; }},
                      spec.start);
}

} // namespace fiberscope::detail
