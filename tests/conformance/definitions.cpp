// SPDX-License-Identifier: BSL-1.0
#include "definitions.hpp"

#include "actor.hpp"
#include "scripted_server.hpp"
#include "world.hpp"

#include <chrono>
#include <optional>

namespace scenario {
namespace {

Supervisor with_strategy(const std::string& strategy, RestartLimits limits) {
    if (strategy == "one_for_all")
        return Supervisor::one_for_all(limits);
    if (strategy == "rest_for_one")
        return Supervisor::rest_for_one(limits);
    if (strategy == "simple_one_for_one")
        return Supervisor::simple_one_for_one(limits);
    return Supervisor::one_for_one(limits);
}

AutoShutdown auto_shutdown_of(const std::string& text) {
    if (text == "any_significant")
        return AutoShutdown::any_significant;
    return text == "all_significant" ? AutoShutdown::all_significant : AutoShutdown::never;
}

RestartType restart_of(const std::string& text) {
    if (text == "transient")
        return RestartType::transient;
    return text == "temporary" ? RestartType::temporary : RestartType::permanent;
}

std::optional<Shutdown> shutdown_of(const std::string& text) {
    if (text.empty())
        return std::nullopt;
    if (text == "infinity")
        return Shutdown::infinity;
    if (text == "brutal_kill")
        return Shutdown::brutal_kill;
    return Shutdown{std::chrono::milliseconds{term_of(text).as_integer()}};
}

Supervisor supervisor_of(World& world, const SupervisorDefinition& definition) {
    const RestartLimits limits{.intensity =
                                   static_cast<std::int32_t>(term_of(option(definition.options, "intensity", "1")).as_integer()),
                               .period = std::chrono::seconds{term_of(option(definition.options, "period", "5")).as_integer()}};
    Supervisor supervisor = with_strategy(definition.strategy, limits)
                                .auto_shutdown(auto_shutdown_of(option(definition.options, "auto_shutdown", "never")));
    for (const ChildDefinition& child : definition.children)
        supervisor = std::move(supervisor).child(child_spec(world, child.id, child.options));
    return supervisor;
}

/// The supervisor waits until the process is set up, as for every child.
StartFunction plain_child(World& world, const std::string& name, const Options& options) {
    struct Ready {};
    return {[&world, name, options](Process& parent) -> Result<Pid> {
                const Pid pid = parent.spawn_link([&world, name, options, parent_pid = parent.pid()](Process& self) {
                    self.trap_exit(option(options, "trap", "false") == "true");
                    if (const std::string registered = option(options, "register", ""); !registered.empty())
                        self.register_name(registered);
                    world.bind(name, self.pid());
                    self.send(parent_pid, Ready{});
                    obey(self, world);
                });
                parent.receive<Ready>();
                return Result<Pid>{boost::system::in_place_value, pid};
            },
            "plain_child"};
}

} // namespace

ServerSpec server_spec(World& world, const std::string& name, const Options& options) {
    ServerSpec spec = ScriptedServer::start(&world, name, options);
    if (const std::string registered = option(options, "register", ""); !registered.empty())
        spec.options.name = registered;
    return spec;
}

ServerSpec supervisor_spec(World& world, const std::string& name) {
    ServerSpec spec;
    spec.options.initial_function = "Supervisor";
    spec.make = [&world, name]() -> std::unique_ptr<ServerBase> {
        world.bind(name, current_process()->pid());
        return supervisor_of(world, world.definitions.at(name)).start().make();
    };
    return spec;
}

ChildSpec child_spec(World& world, const std::string& name, const Options& options) {
    const std::string kind = option(options, "kind", "server");
    ChildSpec spec{term_of(name), server_spec(world, name, options), {}, nullptr, nullptr, {}};
    if (kind == "sup") {
        spec.start = supervisor_spec(world, name);
        spec.options.type = ChildType::supervisor;
    } else if (kind == "proc")
        spec.start = plain_child(world, name, options);
    if (const std::string type = option(options, "type", ""); !type.empty())
        spec.options.type = type == "supervisor" ? ChildType::supervisor : ChildType::worker;
    spec.options.restart = restart_of(option(options, "restart", "permanent"));
    spec.options.shutdown = shutdown_of(option(options, "shutdown", ""));
    spec.options.significant = option(options, "significant", "false") == "true";
    return spec;
}

} // namespace scenario
