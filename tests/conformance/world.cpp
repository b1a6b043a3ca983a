// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace scenario {

// -- processes ----

std::pair<std::string, std::size_t> World::name(const std::string& name, Pid pid) {
    const std::lock_guard lock{mutex_};
    auto& all = processes_[name];
    all.push_back(pid);
    std::string text = all.size() == 1 ? name : fmt::format("{}#{}", name, all.size());
    names_[pid] = text;
    return {std::move(text), all.size()};
}

void World::watch(const std::string& text, Pid pid) {
    {
        const std::lock_guard lock{mutex_};
        watched_.insert(pid);
    }
    log("start " + text);
}

Pid World::pid(std::string_view text) const {
    const std::size_t hash = text.find('#');
    const std::lock_guard lock{mutex_};
    const auto found = processes_.find(text.substr(0, hash));
    if (found == processes_.end())
        throw Unknown{std::string{text}};
    std::size_t number = found->second.size();
    if (hash != std::string_view::npos)
        std::from_chars(text.data() + hash + 1, text.data() + text.size(), number);
    if (number < 1 || number > found->second.size())
        throw Unknown{std::string{text}};
    return found->second[number - 1];
}

Target World::target(std::string_view text) const {
    return text.starts_with('@') ? Target{text.substr(1)} : Target{pid(text)};
}

std::optional<std::string> World::name_of(Pid pid) const {
    const std::lock_guard lock{mutex_};
    const auto found = names_.find(pid);
    return found != names_.end() ? std::optional{found->second} : std::nullopt;
}

std::vector<Pid> World::processes() const {
    const std::lock_guard lock{mutex_};
    std::vector<Pid> all;
    for (const auto& [pid, name] : names_)
        all.push_back(pid);
    return all;
}

// -- references ----

void World::set_ref(const std::string& name, Ref ref) {
    const std::lock_guard lock{mutex_};
    refs_[name] = ref;
    ref_names_[ref] = name;
}

Ref World::ref(const std::string& name) const {
    const std::lock_guard lock{mutex_};
    const auto found = refs_.find(name);
    if (found == refs_.end())
        throw Unknown{name};
    return found->second;
}

// -- texts ----

std::string World::text(const Term& term) const {
    std::string out;
    append(out, term);
    return out;
}

void World::append(std::string& out, const Term& term) const {
    switch (term.kind()) {
    case Term::Kind::atom: out += term.is_atom("EXIT") ? "exit" : term.is_atom("DOWN") ? "down" : term.as_atom().name(); break;
    case Term::Kind::pid: out += name_of(term.as_pid()).value_or("?"); break;
    case Term::Kind::ref: {
        const std::lock_guard lock{mutex_};
        const auto found = ref_names_.find(term.as_ref());
        out += found != ref_names_.end() ? found->second : "?";
        break;
    }
    case Term::Kind::string: { // a list of characters
        std::vector<int> characters{term.as_string().begin(), term.as_string().end()};
        out += fmt::format("[{}]", fmt::join(characters, ","));
        break;
    }
    case Term::Kind::tuple:
    case Term::Kind::list: append_sequence(out, term); break;
    default: out += to_string(term);
    }
}

/// A place `{Module,Function,Arguments}` behind a reason prints as its function alone.
void World::append_sequence(std::string& out, const Term& term) const {
    const auto elements = term.elements();
    const bool is_tuple = term.kind() == Term::Kind::tuple;
    const auto is_place = [](const Term& place) {
        const auto parts = place.elements();
        return place.kind() == Term::Kind::tuple && parts.size() == 3 && parts[0].is_atom() && parts[1].is_atom() &&
               parts[2].kind() == Term::Kind::list;
    };
    const bool has_place = is_tuple && elements.size() == 2 && is_place(elements[1]);
    out += is_tuple ? '{' : '[';
    for (std::size_t i = 0; i < elements.size(); ++i) {
        out += i > 0 ? "," : "";
        append(out, i == 1 && has_place ? elements[1].elements()[1] : elements[i]);
    }
    out += is_tuple ? '}' : ']';
}

std::string World::text(const Exit& exit) const {
    return fmt::format("{{exit,{},{}}}", text(exit.from), text(exit.reason));
}

std::string World::text(const Down& down) const {
    const std::string whom = down.name ? "@" + std::string{down.name.name()} : text(down.pid);
    return fmt::format("{{down,{},{},{}}}", text(Term{Ref{down.ref}}), whom, text(down.reason));
}

std::string World::text(const Timeout& timeout) const {
    return fmt::format("{{timeout,{},{}}}", text(Term{Ref{timeout.ref}}), text(timeout.message));
}

std::string World::text(const Message& message) const {
    if (const auto* term = message.get<Term>())
        return text(*term);
    if (const auto* exit = message.get<Exit>())
        return text(*exit);
    if (const auto* down = message.get<Down>())
        return text(*down);
    if (const auto* timeout = message.get<Timeout>())
        return text(*timeout);
    return message.text();
}

// -- log ----

void World::log(std::string text) {
    const std::lock_guard lock{mutex_};
    entries_.push_back({node_.last_event_seq(), std::move(text)});
}

std::vector<std::string> World::take_log() {
    std::vector<Entry> own;
    std::vector<Event> events;
    {
        const std::lock_guard lock{mutex_};
        own.swap(entries_);
        EventBatch batch = node_.events_after(seen_seq_);
        seen_seq_ = batch.next_seq;
        std::erase_if(batch.events,
                      [this](const Event& event) { return event.kind != EventKind::exit || !watched_.contains(event.pid); });
        events.swap(batch.events);
    }
    std::vector<std::string> log;
    auto next = own.begin();
    for (const Event& event : events) {
        for (; next != own.end() && next->after_seq < event.seq; ++next)
            log.push_back(std::move(next->text));
        const auto parts = event.reason.term().elements();
        const bool is_failed_start =
            event.reason.term().is_tagged("shutdown") && parts.size() == 2 && parts[1].is_tagged("failed_to_start_child");
        if (!is_failed_start) // of a supervisor: a server that does not start is not watched
            log.push_back(fmt::format("stop {} {}", text(event.pid), text(event.reason)));
    }
    for (; next != own.end(); ++next)
        log.push_back(std::move(next->text));
    return log;
}

} // namespace scenario
