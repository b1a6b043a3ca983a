// SPDX-License-Identifier: BSL-1.0
// What a supervisor answers: supervisor.erl's handle_call.
#include "behaviour/spec_check.hpp"
#include "behaviour/supervisor_process.hpp"

#include <utility>

namespace fiberscope::detail {
namespace {

ExitReason error(std::string_view name) {
    return Term::atom(name);
}

Result<std::monostate> ok() {
    return {boost::system::in_place_value};
}

/// Why a child that is not stopped cannot be started or deleted by hand.
ExitReason busy(const Child& child) {
    return Term::atom(child.state == ChildInfo::State::running ? "running" : "restarting");
}

} // namespace

Child* SupervisorProcess::find(const Term& id) {
    if (!is_dynamic())
        return children_.find(id);
    return id.kind() == Term::Kind::pid ? children_.find(id.as_pid()) : nullptr;
}

Reply<StartChild> SupervisorProcess::handle_call(const StartChild& request) {
    if (is_dynamic())
        return start_dynamic(request);
    if (request.spec == nullptr)
        return Result<Pid>{error("badarg")};
    if (auto wrong = check_child_spec(*request.spec, definition_->auto_shutdown()))
        return Result<Pid>{ExitReason{std::move(*wrong)}};
    const Term id = request.spec->id;
    if (const Child* const known = children_.find(id)) {
        if (known->state != ChildInfo::State::running)
            return Result<Pid>{error("already_present")};
        return Result<Pid>{ExitReason{Term::tuple({Term::atom("already_started"), known->pid})}};
    }
    Child& child = children_.add(id, request.spec);
    Result<Pid> started = start_child(child);
    if (!started) {
        children_.remove(child);
        return Result<Pid>{ExitReason{Term::tuple({started.error().term(), Term::tuple({Term::atom("child"), id})})}};
    }
    if (!*started)
        forget_if_unkept(child);
    return started;
}

// The template says how the child is treated, the request may say what it runs.
Reply<StartChild> SupervisorProcess::start_dynamic(const StartChild& request) {
    std::shared_ptr<const ChildSpec> spec{definition_, &child_template()};
    if (request.spec != nullptr) {
        auto own = std::make_shared<ChildSpec>(*request.spec);
        own->id = spec->id;
        own->options = spec->options;
        spec = std::move(own);
    }
    Child& child = children_.add(next_key_++, std::move(spec));
    Result<Pid> started = start_child(child);
    if (!started || !*started)
        children_.remove(child);
    return started;
}

Reply<TerminateChild> SupervisorProcess::handle_call(const TerminateChild& request) {
    if (is_dynamic() && request.id.kind() != Term::Kind::pid)
        return Result<std::monostate>{error("simple_one_for_one")};
    Child* const child = find(request.id);
    if (child == nullptr) {
        const bool has_ended = is_dynamic() && !self().is_alive(request.id.as_pid());
        return has_ended ? ok() : Result<std::monostate>{error("not_found")}; // its end may be on its way
    }
    stop_child(*child);
    child->old_pid = {}; // a later start is no restart
    forget_if_unkept(*child);
    return ok();
}

Reply<RestartChild> SupervisorProcess::handle_call(const RestartChild& request) {
    if (is_dynamic())
        return Result<Pid>{error("simple_one_for_one")};
    Child* const child = children_.find(request.id);
    if (child == nullptr)
        return Result<Pid>{error("not_found")};
    if (child->state != ChildInfo::State::stopped)
        return Result<Pid>{busy(*child)};
    return start_child(*child);
}

Reply<DeleteChild> SupervisorProcess::handle_call(const DeleteChild& request) {
    if (is_dynamic())
        return Result<std::monostate>{error("simple_one_for_one")};
    Child* const child = children_.find(request.id);
    if (child == nullptr)
        return Result<std::monostate>{error("not_found")};
    if (child->state != ChildInfo::State::stopped)
        return Result<std::monostate>{busy(*child)};
    children_.remove(*child);
    return ok();
}

Reply<GetChildSpec> SupervisorProcess::handle_call(const GetChildSpec& request) {
    using Spec = std::shared_ptr<const ChildSpec>;
    if (is_dynamic() && request.id == child_template().id)
        return Result<Spec>{boost::system::in_place_value, definition_, &child_template()};
    const Child* const child = find(request.id);
    if (child == nullptr)
        return Result<Spec>{error("not_found")};
    return Result<Spec>{boost::system::in_place_value, child->spec};
}

Reply<WhichChildren> SupervisorProcess::handle_call(const WhichChildren&) {
    return child_infos();
}

Reply<CountChildren> SupervisorProcess::handle_call(const CountChildren&) {
    CountChildren::Counts counts;
    for (const Child& child : children_.children()) {
        ++(child.spec->type() == ChildType::supervisor ? counts.supervisors : counts.workers);
        if (is_dynamic() ? child.state != ChildInfo::State::restarting
                         : child.state == ChildInfo::State::running && self().is_alive(child.pid))
            ++counts.active;
    }
    counts.specs = is_dynamic() ? 1 : static_cast<std::uint32_t>(children_.children().size());
    return counts;
}

} // namespace fiberscope::detail
