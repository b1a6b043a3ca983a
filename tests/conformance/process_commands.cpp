// SPDX-License-Identifier: BSL-1.0
#include "actor.hpp"
#include "commands.hpp"

#include <algorithm>
#include <optional>

namespace scenario {
namespace {

[[noreturn]] void badarg() {
    throw Error{Term::atom("badarg")};
}

std::string truth(bool value) {
    return value ? "true" : "false";
}

// -- processes ----

Priority priority_of(const Term& term) {
    for (const Priority priority : {Priority::low, Priority::normal, Priority::high, Priority::max})
        if (term.is_atom(to_string(priority)))
            return priority;
    badarg();
}

SpawnOptions spawn_options(const Work& work, std::size_t first) {
    SpawnOptions options;
    for (const auto& [key, value] : options_of(work.words, first)) {
        if (key != "priority")
            badarg();
        options.priority = priority_of(term_of(value));
    }
    return options;
}

auto body(World& world) {
    return [&world](Process& self) { obey(self, world); };
}

std::string spawn(const Work& work) {
    work.world.bind(work.word(1), work.self.spawn(body(work.world), spawn_options(work, 2)));
    return "ok";
}

std::string spawn_link(const Work& work) {
    work.world.bind(work.word(1), work.self.spawn_link(body(work.world), spawn_options(work, 2)));
    return "ok";
}

std::string spawn_monitor(const Work& work) {
    const auto [pid, monitor] = work.self.spawn_monitor(body(work.world), spawn_options(work, 3));
    work.world.bind(work.word(1), pid);
    work.world.set_ref(work.word(2), monitor);
    return "ok";
}

std::string trap_exit(const Work& work) {
    const Term value = work.term(1);
    if (!value.is_atom("true") && !value.is_atom("false"))
        badarg();
    return truth(work.self.trap_exit(value.is_atom("true")));
}

std::string priority(const Work& work) {
    return std::string{to_string(work.self.priority(priority_of(work.term(1))))};
}

std::string exit_signal(const Work& work) {
    work.self.exit(work.pid(1), work.term(2));
    return "true";
}

// -- links and monitors ----

std::string link(const Work& work) {
    work.self.link(work.pid(1));
    return "true";
}

std::string unlink(const Work& work) {
    work.self.unlink(work.pid(1));
    return "true";
}

std::string monitor(const Work& work) {
    work.world.set_ref(work.word(2), work.self.monitor(work.target(1)));
    return "ok";
}

std::string demonitor(const Work& work) {
    bool flush = false;
    bool info = false;
    const MonitorRef ref{work.world.ref(work.word(1))};
    for (std::size_t i = 2; work.has(i); ++i)
        (work.word(i) == "flush" ? flush : work.word(i) == "info" ? info : (badarg(), info)) = true;
    const bool was_active = work.self.demonitor(ref, flush);
    return truth(was_active || !info);
}

// -- messages ----

std::string send(const Work& work) {
    work.self.send(work.target(1), work.term(2));
    return "ok";
}

/// The tag of a message: an atom, or the first element of a tuple; messages of the runtime's own have theirs.
Term tag_of(const Message& message) {
    if (message.is<Exit>())
        return Term::atom("EXIT");
    if (message.is<Down>())
        return Term::atom("DOWN");
    if (message.is<Timeout>())
        return Term::atom("timeout");
    const auto* term = message.get<Term>();
    if (term == nullptr || term->is_atom())
        return term != nullptr ? *term : Term{};
    return term->kind() == Term::Kind::tuple && !term->elements().empty() ? term->elements().front() : Term::list({});
}

bool matches(const World& world, const Message& message, const std::string& pattern) {
    if (message.is<Command>())
        return false;
    if (pattern == "any")
        return true;
    if (pattern.starts_with("ref:"))
        return !message.is<Term>() && message.tag() == world.ref(pattern.substr(4));
    return tag_of(message) == (pattern == "exit"   ? Term::atom("EXIT")
                               : pattern == "down" ? Term::atom("DOWN")
                                                   : term_of(pattern));
}

std::optional<std::string> take(const Work& work, const std::string& pattern, Duration timeout) {
    if (pattern.starts_with("ref:"))
        work.world.ref(pattern.substr(4)); // unknown?
    return work.self.receive(on_any([&](const Message& message) { return matches(work.world, message, pattern); },
                                    [&](const Message& message) { return std::optional{work.world.text(message)}; }),
                             after(timeout, [] { return std::optional<std::string>{}; }));
}

std::string receive(const Work& work) {
    return take(work, work.word(1), work.time(2, "timeout_value")).value_or("timeout");
}

std::string flush(const Work& work) {
    std::size_t count = 0;
    while (take(work, "any", Duration::zero()))
        ++count;
    return std::to_string(count);
}

// -- timers ----

Duration delay(const Work& work) {
    const Duration time = work.time(1);
    if (time == infinity)
        badarg();
    return time;
}

std::string send_after(const Work& work) {
    work.world.set_ref(work.word(4), work.self.send_after(delay(work), work.target(2), work.term(3)));
    return "ok";
}

std::string start_timer(const Work& work) {
    work.world.set_ref(work.word(4), work.self.start_timer(delay(work), work.target(2), work.term(3)));
    return "ok";
}

std::string cancel_timer(const Work& work) {
    return work.self.cancel_timer(TimerRef{work.world.ref(work.word(1))}) ? "ok" : "false";
}

std::string read_timer(const Work& work) {
    return work.self.read_timer(TimerRef{work.world.ref(work.word(1))}) ? "ok" : "false";
}

} // namespace

const CommandTable& process_commands() {
    static const CommandTable table{
        {"spawn", spawn},
        {"spawn_link", spawn_link},
        {"spawn_monitor", spawn_monitor},
        {"trap_exit", trap_exit},
        {"priority", priority},
        {"exit_signal", exit_signal},
        {"link", link},
        {"unlink", unlink},
        {"monitor", monitor},
        {"demonitor", demonitor},
        {"send", send},
        {"receive", receive},
        {"flush", flush},
        {"send_after", send_after},
        {"start_timer", start_timer},
        {"cancel_timer", cancel_timer},
        {"read_timer", read_timer},
    };
    return table;
}

} // namespace scenario
