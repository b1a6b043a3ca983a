// SPDX-License-Identifier: BSL-1.0
#include "behaviour/supervisor_process.hpp"

#include "behaviour/child_process.hpp"
#include "behaviour/services.hpp"
#include "behaviour/spec_check.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace fiberscope::detail {
namespace {

std::int64_t now_s() noexcept {
    return clock_ns() / 1'000'000'000;
}

} // namespace

SupervisorProcess::SupervisorProcess(std::shared_ptr<const Supervisor> definition)
    : definition_{std::move(definition)}, intensity_{definition_->limits()}, reports_{self(), definition_->name()} {
    self().trap_exit(true);
    if (auto wrong = check_definition(*definition_)) {
        stop(std::move(*wrong));
        return;
    }
    if (is_dynamic())
        return;
    for (const ChildSpec& spec : definition_->children())
        children_.add(spec.id, {definition_, &spec}); // the spec lives in the definition
    if (const auto failure = start_group(children_.all())) {
        const Term id = failure->child->spec->id;
        stop_group(children_.all());
        stop(ExitReason::shutdown(Term::tuple({Term::atom("failed_to_start_child"), id, failure->reason.term()})));
    }
}

void SupervisorProcess::terminate(const ExitReason&) {
    if (is_dynamic())
        stop_dynamic();
    else
        stop_group(children_.all());
}

Result<Pid> SupervisorProcess::start_child(Child& child) {
    Result<Pid> started = start_child_process(self(), *child.spec);
    if (!started)
        return started;
    if (!*started) {
        children_.set_stopped(child);
        child.old_pid = {};
        return started;
    }
    const std::int64_t now_ns = clock_ns();
    children_.set_running(child, *started);
    const Pid replaced = std::exchange(child.old_pid, {});
    if (!is_dynamic())
        reports_.started(child, *started);
    if (replaced) {
        ++restarts_;
        ++child.restarts;
        child.last_restart_ms = node_time_ms(self());
        reports_.restarted(child, replaced, now_ns);
    }
    return started;
}

std::optional<SupervisorProcess::StartFailure> SupervisorProcess::start_group(const Group& group) {
    for (Child* const child : group) {
        const Result<Pid> started = start_child(*child);
        if (!started) {
            reports_.failed("start_error", *child, {}, started.error());
            return StartFailure{child, started.error()};
        }
        if (!*started)
            forget_if_unkept(*child); // it answered ignore
    }
    return std::nullopt;
}

void SupervisorProcess::stop_child(Child& child) {
    if (child.state == ChildInfo::State::running) {
        const ExitReason reason = stop_child_process(self(), child.pid, *child.spec);
        child.ended_ns = clock_ns();
        if (!is_expected_stop(*child.spec, reason))
            reports_.failed("shutdown_error", child, child.pid, reason);
        child.old_pid = child.pid;
        child.last_exit_reason = reason.term();
    }
    children_.set_stopped(child);
}

void SupervisorProcess::stop_group(const Group& group) {
    for (auto child = group.rbegin(); child != group.rend(); ++child)
        stop_child(**child);
}

void SupervisorProcess::stop_dynamic() {
    std::vector<Pid> running;
    for (const Child& child : children_.children())
        if (child.state == ChildInfo::State::running)
            running.push_back(child.pid);
    std::map<std::string, std::pair<std::size_t, ExitReason>> errors; // by reason, as one report tells of all its children
    for (const ExitReason& reason : stop_child_processes(self(), running, child_template()))
        if (!is_expected_stop(child_template(), reason))
            ++errors.try_emplace(to_string(reason), 0, reason).first->second.first;
    for (const auto& [text, error] : errors)
        reports_.failed_to_stop(child_template(), error.first, error.second);
}

void SupervisorProcess::forget_if_unkept(Child& child) {
    if (is_dynamic() || child.is_temporary())
        children_.remove(child);
}

// -- restarting ----

void SupervisorProcess::handle_info(const Exit& exit) {
    Child* const child = children_.find(exit.from);
    if (child == nullptr || child->state != ChildInfo::State::running)
        return; // a stranger's exit signal does not move a supervisor (rule S19)
    child->old_pid = child->pid;
    child->ended_ns = sent_ns();
    child->last_exit_reason = exit.reason.term();
    children_.set_stopped(*child);
    const bool is_permanent = child->restart() == RestartType::permanent;
    const bool is_clean = exit.reason.is_clean();
    if (is_permanent || !is_clean)
        reports_.failed("child_terminated", *child, child->old_pid, exit.reason);
    if (is_permanent || (child->restart() == RestartType::transient && !is_clean)) {
        restart(*child);
        return;
    }
    child->old_pid = {};
    const bool was_significant = child->spec->options.significant;
    forget_if_unkept(*child);
    if (is_auto_shutdown(was_significant))
        stop(ExitReason::shutdown());
}

bool SupervisorProcess::is_auto_shutdown(bool was_significant) const {
    if (!was_significant || definition_->auto_shutdown() == AutoShutdown::never)
        return false;
    if (definition_->auto_shutdown() == AutoShutdown::any_significant)
        return true;
    if (is_dynamic())
        return children_.children().empty();
    return std::none_of(children_.children().begin(), children_.children().end(), [](const Child& child) {
        return child.spec->options.significant && child.state != ChildInfo::State::stopped;
    });
}

void SupervisorProcess::handle_cast(const TryAgain& again) {
    Child* const child = children_.find(again.key);
    if (child != nullptr && child->state == ChildInfo::State::restarting)
        restart(*child);
}

void SupervisorProcess::restart(Child& child) {
    if (!intensity_.add(now_s())) {
        give_up(child);
        return;
    }
    switch (definition_->strategy()) {
    case Strategy::one_for_all: restart_group(children_.all()); break;
    case Strategy::rest_for_one: restart_group(children_.from(child)); break;
    case Strategy::one_for_one:
    case Strategy::simple_one_for_one: restart_one(child); break;
    }
}

void SupervisorProcess::restart_one(Child& child) {
    if (const auto failure = start_group({&child}))
        try_again(child);
}

void SupervisorProcess::restart_group(Group group) {
    stop_group(group);
    std::erase_if(group, [this](Child* child) {
        const bool is_temporary = child->is_temporary();
        forget_if_unkept(*child);
        return is_temporary;
    });
    if (const auto failure = start_group(group))
        try_again(*failure->child);
}

void SupervisorProcess::try_again(Child& child) {
    children_.set_restarting(child);
    self().cast(self().pid(), TryAgain{child.key});
}

void SupervisorProcess::give_up(Child& child) {
    reports_.gave_up(child);
    children_.set_stopped(child);
    forget_if_unkept(child);
    stop(ExitReason::shutdown());
}

// -- looking ----

std::vector<ChildInfo> SupervisorProcess::child_infos() const {
    std::vector<ChildInfo> infos;
    infos.reserve(children_.children().size());
    for (const Child& child : children_.children())
        infos.push_back({.id = is_dynamic() ? Term{} : child.spec->id,
                         .pid = child.state == ChildInfo::State::restarting && is_dynamic() ? child.old_pid : child.pid,
                         .state = child.state,
                         .type = child.spec->type(),
                         .restart = child.restart(),
                         .shutdown = to_string(to_term(child.spec->shutdown())),
                         .significant = child.spec->options.significant,
                         .restarts = child.restarts,
                         .last_exit_reason = child.last_exit_reason,
                         .last_restart_ms = child.last_restart_ms});
    return infos;
}

bool SupervisorProcess::describe_supervisor(SupervisorInfo& info, bool with_children) const {
    info = {.strategy = definition_->strategy(),
            .intensity = static_cast<std::uint32_t>(definition_->limits().intensity),
            .period_s = static_cast<std::uint32_t>(definition_->limits().period.count()),
            .restarts_in_period = intensity_.in_period(now_s()),
            .restarts = restarts_,
            .child_count = children_.children().size(),
            .children = {}};
    if (with_children)
        info.children = child_infos();
    return true;
}

} // namespace fiberscope::detail
