// SPDX-License-Identifier: BSL-1.0
#include "scripted_server.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace scenario {
namespace {

using std::chrono::milliseconds;

/// True for `{tag, ...}` of so many elements.
bool is(const Term& term, std::string_view tag, std::size_t elements) {
    return term.is_tagged(tag) && term.elements().size() == elements;
}

/// A time of a script: a number of milliseconds, or `infinity`.
WaitTime time_of(const Term& term) {
    if (term.is_atom("infinity"))
        return infinity;
    if (term.kind() != Term::Kind::integer)
        throw Error{Term::atom("timeout_value")};
    return milliseconds{term.as_integer()};
}

Atom name_of(const Term& term) {
    if (!term.is_atom())
        throw Error{Term::atom("badarg")};
    return term.as_atom();
}

} // namespace

ScriptedServer::ScriptedServer(World* world, const std::string& name, const Options& options)
    : world_{world}, terminate_{option(options, "terminate", "ok")} {
    std::size_t attempt = 0;
    std::tie(name_, attempt) = world_->name(name, self().pid());
    self().trap_exit(option(options, "trap", "false") == "true");
    const Words steps = split(option(options, "init", "ok"), '/');
    if (!start_step(steps[std::min(attempt, steps.size()) - 1]))
        return;
    world_->watch(name_, self().pid());
    if (const std::string term = option(options, "continue", ""); !term.empty())
        continue_with(term_of(term));
    else if (const std::string idle = option(options, "idle", ""); !idle.empty())
        idle_timeout(time_of(term_of(idle)));
}

bool ScriptedServer::start_step(const std::string& step) {
    constexpr milliseconds slow{1000};
    const std::size_t colon = std::min(step.find(':'), step.size());
    const std::string_view kind = std::string_view{step}.substr(0, colon);
    const Term reason = colon < step.size() ? term_of(std::string_view{step}.substr(colon + 1)) : Term{};
    if (kind == "slow" || kind == "slowstop")
        self().sleep(slow);
    if (kind == "ok" || kind == "slow")
        return true;
    const ExitReason failure = kind == "ignore" ? Term::atom("ignore") : kind == "error" ? ExitReason::error(reason) : reason;
    world_->log("nostart " + name_ + " " + world_->text(failure));
    if (kind == "ignore")
        ignore();
    else if (kind == "error")
        throw Error{reason};
    else if (kind == "exit")
        self().exit(reason);
    else
        stop(reason);
    return false;
}

bool ScriptedServer::ends_with(const Term& order) {
    if (is(order, "stop", 2))
        stop(order.elements()[1]);
    else if (is(order, "exit", 2))
        self().exit(order.elements()[1]);
    else if (is(order, "error", 2))
        throw Error{order.elements()[1]};
    else
        return false;
    return true;
}

Term ScriptedServer::call_another(const Term& request) {
    const auto parts = request.elements();
    const Pid server = world_->pid(name_of(parts[1]).name());
    const auto timeout = parts.size() == 4 ? time_of(parts[3]) : WaitTime{milliseconds{5000}};
    return Term::tuple({Term::atom("got"), self().call(server, Call{parts[2]}, timeout)});
}

Reply<Call> ScriptedServer::handle_call(const Call& call) {
    const Term& request = call.request;
    const auto parts = request.elements();
    if (request.is_atom("get"))
        return value_;
    if (is(request, "put", 2)) {
        value_ = parts[1];
        return Term::atom("ok");
    }
    if (is(request, "echo", 2))
        return parts[1];
    if (is(request, "sleep", 2)) {
        self().sleep(time_of(parts[1]));
        return Term::atom("slept");
    }
    if (is(request, "call", 3) || is(request, "call", 4))
        return call_another(request);
    return answer_and_more(request);
}

/// Requests that do something beside the answer, or instead of it.
Reply<Call> ScriptedServer::answer_and_more(const Term& request) {
    const auto parts = request.elements();
    if (is(request, "later", 2)) {
        std::erase_if(callers_, [&](const auto& caller) { return caller.first == parts[1]; });
        callers_.emplace_back(parts[1], from<Call>());
    } else if (is(request, "reply_stop", 3)) {
        stop(parts[2]);
        return parts[1];
    } else if (is(request, "reply_exit", 3)) {
        reply(self(), from<Call>(), parts[1]);
        self().exit(parts[2]);
    } else if (is(request, "reply_continue", 3)) {
        continue_with(parts[2]);
        return parts[1];
    } else if (is(request, "reply_idle", 3)) {
        idle_timeout(time_of(parts[2]));
        return parts[1];
    } else
        ends_with(request);
    return Reply<Call>::later();
}

void ScriptedServer::handle_cast(const Cast& cast) {
    const Term& request = cast.request;
    const auto parts = request.elements();
    if (is(request, "put", 2))
        value_ = parts[1];
    else if (is(request, "sleep", 2))
        self().sleep(time_of(parts[1]));
    else if (is(request, "continue", 2))
        continue_with(parts[1]);
    else if (is(request, "idle", 2))
        idle_timeout(time_of(parts[1]));
    else if (is(request, "release", 3)) {
        const auto caller =
            std::find_if(callers_.begin(), callers_.end(), [&](const auto& each) { return each.first == parts[1]; });
        if (caller == callers_.end())
            return;
        reply(self(), caller->second, parts[2]);
        callers_.erase(caller);
    } else
        ends_with(request);
}

void ScriptedServer::handle_info(const Command& command) {
    if (do_command(self(), *world_, command) == AfterCommand::end)
        stop();
}

void ScriptedServer::handle_info(const Message& message) {
    if (const auto* term = message.get<Term>(); term != nullptr && ends_with(*term))
        return;
    world_->log("info " + name_ + " " + world_->text(message));
}

void ScriptedServer::handle_continue(const Term& term) {
    world_->log("continue " + name_ + " " + world_->text(term));
    if (is(term, "then", 2))
        continue_with(term.elements()[1]);
    else if (is(term, "exit", 2) || !ends_with(term)) // an exit is no order here
        value_ = term;
}

void ScriptedServer::terminate(const ExitReason& reason) {
    world_->log("terminate " + name_ + " " + world_->text(reason));
    const std::size_t colon = std::min(terminate_.find(':'), terminate_.size());
    const std::string_view how = std::string_view{terminate_}.substr(0, colon);
    if (how == "hang")
        self().sleep(infinity);
    if (colon == terminate_.size())
        return;
    const Term what = term_of(std::string_view{terminate_}.substr(colon + 1));
    if (how == "sleep")
        self().sleep(time_of(what));
    else if (how == "exit")
        self().exit(what);
    else
        throw Error{what};
}

} // namespace scenario
