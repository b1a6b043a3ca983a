// SPDX-License-Identifier: BSL-1.0
#include "controller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

namespace scenario {
namespace {

using namespace std::chrono_literals;

constexpr auto stuck_after = 20s;

NodeConfig config_of(std::uint32_t schedulers) {
    NodeConfig config;
    config.schedulers = schedulers;
    config.log_to_stderr.reset(); // scenarios provoke crashes
    return config;
}

std::string list(Words texts) {
    std::sort(texts.begin(), texts.end());
    return fmt::format("[{}]", fmt::join(texts, ","));
}

} // namespace

Controller::Controller(std::uint32_t schedulers) : node_{config_of(schedulers)}, world_{node_}, me_{node_.attach()} {
    for (const auto& [name, pid] : node_.registered())
        names_of_node_.insert(name);
    const Pid root = node_.spawn([this](Process& self) {
        self.trap_exit(true);
        obey(self, world_);
    });
    world_.name("root", root);
    node_.wait_until_quiet(stuck_after);
}

Controller::~Controller() {
    for (const Pid pid : world_.processes())
        node_.exit(pid, ExitReason::kill());
    node_.stop(stuck_after);
}

std::string Controller::run(const Line& line) {
    std::string result;
    try {
        result = line.actor.empty() ? own_command(line.words) : on_actor(line);
    } catch (const Unknown& unknown) {
        result = "unknown " + unknown.what;
    } catch (const Error& error) {
        result = "error " + world_.text(error.term);
    }
    node_.wait_until_quiet(stuck_after);
    const bool is_log = result.empty() || result.starts_with('\n');
    return fmt::format("{} ->{}{}\n", line.echo, is_log ? "" : " ", result);
}

// -- commands that a process does ----

std::string Controller::on_actor(const Line& line) {
    const Pid actor = world_.pid(line.actor);
    if (!node_.is_alive(actor))
        return "dead";
    if (in_background_.contains(actor))
        return "busy";
    const MonitorRef monitor = me_->monitor(actor);
    const std::uint64_t id = ++last_id_;
    me_->send(actor, Command{me_->pid(), id, line.words});
    if (line.in_background) {
        in_background_[actor] = {id, monitor};
        return "started";
    }
    const auto text = answer(id, monitor, stuck_after);
    me_->demonitor(monitor, true);
    return text.value_or("stuck");
}

std::optional<std::string> Controller::answer(std::uint64_t id, MonitorRef monitor, Duration timeout) {
    const auto is_answer = [id](const Done& done) { return done.id == id; };
    const auto text_of = [](Done done) { return std::optional{std::move(done.result)}; };
    return me_->receive(on<Done>(is_answer, text_of),
                        on<Down>([monitor](const Down& down) { return down.ref == monitor; },
                                 [&](const Down& down) { return std::optional{"down " + world_.text(down.reason)}; }),
                        after(timeout, [] { return std::optional<std::string>{}; }));
}

std::string Controller::result(Pid actor) {
    const auto found = in_background_.find(actor);
    if (found == in_background_.end())
        return "none";
    const auto [id, monitor] = found->second;
    auto text = answer(id, monitor, 0s);
    if (!text)
        return "waiting";
    me_->demonitor(monitor, true);
    in_background_.erase(found);
    return std::move(*text);
}

// -- the controller's own commands ----

std::string Controller::own_command(const Words& words) {
    const std::string& name = words[0];
    if (name == "wait")
        return std::this_thread::sleep_for(std::chrono::milliseconds{term_of(words[1]).as_integer()}), "ok";
    if (name == "result")
        return result(world_.pid(words[1]));
    if (name == "alive")
        return node_.is_alive(world_.pid(words[1])) ? "true" : "false";
    if (name == "flags")
        return flags(world_.pid(words[1]));
    if (name == "inbox" || name == "inbox_sorted")
        return inbox(world_.pid(words[1]), name == "inbox_sorted");
    if (name == "links" || name == "monitors" || name == "monitored_by")
        return relations(world_.pid(words[1]), name);
    if (name == "register")
        return me_->register_name(words[2], world_.pid(words[1])), "true";
    if (name == "unregister")
        return me_->unregister_name(words[1]), "true";
    if (name == "whereis")
        return node_.whereis(words[1]) ? world_.text(node_.whereis(words[1])) : "undefined";
    if (name == "registered" || name == "apps")
        return names(name);
    if (name == "log" || name == "log_sorted")
        return log(name == "log_sorted");
    return define(words);
}

std::string Controller::define(const Words& words) {
    if (words[0] == "app")
        return load_application(words);
    if (words[0] == "sup") {
        world_.definitions[words[1]] = {words[2], options_of(words, 3), {}};
        return "ok";
    }
    const auto supervisor = world_.definitions.find(words[1]);
    if (supervisor == world_.definitions.end())
        throw Unknown{words[1]};
    supervisor->second.children.push_back({words[2], options_of(words, 3)});
    return "ok";
}

std::string Controller::load_application(const Words& words) {
    const std::string name = words[1];
    const Options options = options_of(words, 2);
    const auto logging = [this, name](const char* what) {
        return [this, line = fmt::format("{} {}", what, name)](Process&) { world_.log(line); };
    };
    std::vector<Atom> dependencies;
    const Term dependency_list = term_of(option(options, "deps", "[]"));
    for (const Term& dependency : dependency_list.elements())
        dependencies.push_back(dependency.as_atom());
    const auto loaded = node_.load(Application{name, supervisor_spec(world_, option(options, "sup", "undefined"))}
                                       .depends_on(std::move(dependencies))
                                       .on_start(logging("app_start"))
                                       .on_prep_stop(logging("app_prep_stop"))
                                       .on_stop(logging("app_stop")));
    return loaded ? "ok" : world_.error_text(loaded);
}

std::string Controller::log(bool sorted) {
    Words entries = world_.take_log();
    if (sorted)
        std::sort(entries.begin(), entries.end());
    std::string text;
    for (const std::string& entry : entries)
        text += "\n  " + entry;
    return text;
}

// -- looking at a process ----

Inspection Controller::inspect(Pid process, PageRange range) {
    auto answer = std::make_shared<std::promise<Inspection>>();
    node_.inspect({process}, Inspect::links | Inspect::messages, range,
                  [answer](std::vector<Inspection> found) { answer->set_value(std::move(found.front())); });
    return answer->get_future().get();
}

std::string Controller::flags(Pid process) {
    const Inspection found = inspect(process);
    if (!found.alive)
        return "undefined";
    return fmt::format("trap_exit={} priority={}", found.trap_exit, to_string(found.priority));
}

std::string Controller::inbox(Pid process, bool sorted) {
    Words texts;
    Inspection page;
    for (PageRange range; range.first == 0 || range.first < page.message_count; range.first += range.count) {
        page = inspect(process, range);
        if (!page.alive)
            return "undefined";
        for (const MessageText& message : page.messages)
            if (message.type != "Command")
                texts.push_back(message_text(message));
    }
    if (sorted)
        std::sort(texts.begin(), texts.end());
    return fmt::format("[{}]", fmt::join(texts, ","));
}

/// The text of a message, which the runtime printed, with the scenario's names.
std::string Controller::message_text(const MessageText& message) const {
    const Term term = *Term::parse(message.text, node_.id());
    const auto parts = term.elements();
    if (message.type == "Exit")
        return world_.text(Exit{parts[0].as_pid(), parts[1]});
    if (message.type == "Down")
        return world_.text(Down{MonitorRef{parts[0].as_ref()}, parts[1].as_pid(), parts[2], parts[3].as_atom()});
    if (message.type == "Timeout")
        return world_.text(Timeout{TimerRef{parts[0].as_ref()}, parts[1]});
    if (message.type == "Cast")
        return fmt::format("{{$gen_cast,{}}}", world_.text(parts[0]));
    return world_.text(term);
}

std::string Controller::relations(Pid process, const std::string& which) {
    const Inspection found = inspect(process);
    if (!found.alive)
        return "undefined";
    Words texts;
    const auto add = [&](Pid pid) {
        if (auto name = world_.name_of(pid))
            texts.push_back(std::move(*name));
    };
    if (which == "monitors") {
        for (const MonitorInfo& monitor : found.monitors) {
            if (monitor.name)
                texts.push_back("@" + std::string{monitor.name.name()});
            else
                add(monitor.pid);
        }
    } else
        for (const Pid pid : which == "links" ? found.links : found.monitored_by)
            add(pid);
    return list(std::move(texts));
}

std::string Controller::names(const std::string& which) const {
    Words texts;
    if (which == "apps") {
        for (const ApplicationInfo& application : node_.applications())
            texts.emplace_back(application.name.name());
    } else
        for (const auto& [name, pid] : node_.registered())
            if (!names_of_node_.contains(name))
                texts.emplace_back(name.name());
    return list(std::move(texts));
}

std::string run_script(const Script& script, std::uint32_t schedulers) {
    Controller controller{schedulers};
    std::string output = fmt::format("== {}\n", script.name);
    for (const Line& line : script.lines)
        output += controller.run(line);
    return output;
}

} // namespace scenario
