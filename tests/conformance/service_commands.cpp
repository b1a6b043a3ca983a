// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "scripted_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <variant>

namespace scenario {
namespace {

using Done = Result<std::monostate>;

/// A call that fails because of `reason`.
[[noreturn]] void fail(const ExitReason& reason, const char* place) {
    throw Failure{Term::tuple({reason.term(), Term::atom(place)})};
}

std::string text_of(const Work& work, const Done& done) {
    return done ? "ok" : work.world.error_text(done);
}

/// `{ok,P}`, `{ok,undefined}`, or the error.
std::string text_of(const Work& work, const Result<Pid>& child) {
    if (!child)
        return work.world.error_text(child);
    return fmt::format("{{ok,{}}}", *child ? work.world.text(*child) : "undefined");
}

// -- servers ----

std::string start(const Work& work, bool link) {
    const ServerSpec spec = server_spec(work.world, work.word(1), options_of(work.words, 2));
    const Result<Pid> started = link ? work.self.start_link(spec) : work.self.start(spec);
    if (started)
        return "ok";
    return started.error().term().is_atom("ignore") ? "ignore" : work.world.error_text(started);
}

std::string server(const Work& work) {
    return start(work, true);
}

std::string server_nolink(const Work& work) {
    return start(work, false);
}

std::string call(const Work& work) {
    const auto timeout = work.has(3) ? work.time(3) : Duration{std::chrono::seconds{5}};
    const auto reply = work.self.try_call(work.target(1), Call{work.term(2)}, timeout);
    if (!reply)
        fail(reply.error(), "call");
    return "reply " + work.world.text(*reply);
}

std::string cast(const Work& work) {
    work.self.cast(work.target(1), Cast{work.term(2)});
    return "ok";
}

std::string server_stop(const Work& work) {
    const Term reason = work.has(2) ? work.term(2) : Term::atom("normal");
    const Duration timeout = work.has(3) ? work.time(3) : work.has(2) ? Duration{std::chrono::seconds{5}} : infinity;
    if (const Done stopped = work.self.stop(work.target(1), reason, timeout); !stopped)
        throw Failure{stopped.error().term()};
    return "ok";
}

std::string get_state(const Work& work) {
    const auto state = work.self.try_call(work.target(1), sys::GetState{});
    if (!state)
        fail(state.error(), "get_state");
    return *state ? work.world.text(**state) : work.world.error_text(*state);
}

template <class Request>
std::string ask_system(const Work& work, const char* place) {
    if (const auto answer = work.self.try_call(work.target(1), Request{}); !answer)
        fail(answer.error(), place);
    return "ok";
}

std::string suspend(const Work& work) {
    return ask_system<sys::Suspend>(work, "suspend");
}

std::string resume(const Work& work) {
    return ask_system<sys::Resume>(work, "resume");
}

// -- supervisors ----

std::string sup_start(const Work& work) {
    if (!work.world.definitions.contains(work.word(1)))
        throw Unknown{work.word(1)};
    const Result<Pid> started = work.self.start_link(supervisor_spec(work.world, work.word(1)));
    return started ? "ok" : work.world.error_text(started);
}

/// Asks a supervisor, without a time limit as OTP does.
template <class Request>
typename Request::Reply ask(const Work& work, Request request) {
    auto reply = work.self.try_call(work.pid(1), std::move(request), infinity);
    if (!reply)
        fail(reply.error(), "call");
    return std::move(*reply);
}

const SupervisorDefinition& definition(const Work& work) {
    const auto found = work.world.definitions.find(work.word(1).substr(0, work.word(1).find('#')));
    if (found == work.world.definitions.end())
        throw Unknown{work.word(1)};
    return found->second;
}

std::string start_child(const Work& work) {
    const SupervisorDefinition& supervisor = definition(work);
    const Options options = supervisor.is_dynamic() ? supervisor.children.front().options : options_of(work.words, 3);
    auto spec = std::make_shared<const ChildSpec>(child_spec(work.world, work.word(2), options));
    return text_of(work, ask(work, StartChild{std::move(spec)}));
}

std::string terminate_child(const Work& work) {
    const Term id = definition(work).is_dynamic() ? Term{work.pid(2)} : work.term(2);
    return text_of(work, ask(work, TerminateChild{id}));
}

std::string restart_child(const Work& work) {
    return text_of(work, ask(work, RestartChild{work.term(2)}));
}

std::string delete_child(const Work& work) {
    return text_of(work, ask(work, DeleteChild{work.term(2)}));
}

std::string which_children(const Work& work) {
    Words children;
    for (const ChildInfo& child : ask(work, WhichChildren{})) {
        const std::string process = child.state == ChildInfo::State::running      ? work.world.text(child.pid)
                                    : child.state == ChildInfo::State::restarting ? "restarting"
                                                                                  : "undefined";
        children.push_back(fmt::format("{{{},{},{}}}", work.world.text(child.id), process, to_string(child.type)));
    }
    std::sort(children.begin(), children.end());
    return fmt::format("[{}]", fmt::join(children, ","));
}

std::string count_children(const Work& work) {
    const auto counts = ask(work, CountChildren{});
    return fmt::format("specs={} active={} supervisors={} workers={}", counts.specs, counts.active, counts.supervisors,
                       counts.workers);
}

std::string shutdown_text(Shutdown shutdown) {
    if (shutdown.is_infinite())
        return "infinity";
    if (shutdown.is_brutal())
        return "brutal_kill";
    return fmt::format("{}", std::chrono::duration_cast<std::chrono::milliseconds>(shutdown.time()).count());
}

std::string get_childspec(const Work& work) {
    const auto spec = ask(work, GetChildSpec{work.term(2)});
    if (!spec)
        return work.world.error_text(spec);
    return fmt::format("restart={} shutdown={} significant={} type={}", to_string((*spec)->options.restart),
                       shutdown_text((*spec)->shutdown()), (*spec)->options.significant, to_string((*spec)->type()));
}

// -- applications ----

/// Runs `start(completion)` and waits for its answer.
template <class T, class Start>
Result<T> await(const Work& work, Start start) {
    start([&node = work.world.node(), pid = work.self.pid()](Result<T> result) { node.send(pid, std::move(result)); });
    return work.self.receive<Result<T>>();
}

std::string app_start(const Work& work) {
    return text_of(work, await<std::monostate>(work, [&](auto done) {
                       work.world.node().start_application_async(work.word(1), RestartType::temporary, done);
                   }));
}

std::string app_start_all(const Work& work) {
    const auto started = await<std::vector<Atom>>(
        work, [&](auto done) { work.world.node().ensure_all_started_async(work.word(1), RestartType::temporary, done); });
    if (!started)
        return work.world.error_text(started);
    const std::vector<Term> names{started->begin(), started->end()};
    return work.world.text(Term::tuple({Term::atom("ok"), Term::list(names)}));
}

std::string app_stop(const Work& work) {
    return text_of(work,
                   await<std::monostate>(work, [&](auto done) { work.world.node().stop_application_async(work.word(1), done); }));
}

} // namespace

const CommandTable& service_commands() {
    static const CommandTable table{
        {"server", server},
        {"server_nolink", server_nolink},
        {"call", call},
        {"call_uncaught", call},
        {"cast", cast},
        {"server_stop", server_stop},
        {"get_state", get_state},
        {"suspend", suspend},
        {"resume", resume},
        {"sup_start", sup_start},
        {"start_child", start_child},
        {"terminate_child", terminate_child},
        {"restart_child", restart_child},
        {"delete_child", delete_child},
        {"which_children", which_children},
        {"count_children", count_children},
        {"get_childspec", get_childspec},
        {"app_start", app_start},
        {"app_start_all", app_start_all},
        {"app_stop", app_stop},
    };
    return table;
}

} // namespace scenario
