// SPDX-License-Identifier: BSL-1.0
#include "actor.hpp"

#include "commands.hpp"

namespace scenario {
namespace {

std::string run(const Work& work) {
    const CommandTable& own = process_commands();
    const auto found = own.find(work.words.front());
    return (found != own.end() ? found->second : service_commands().at(work.words.front()))(work);
}

/// The result of a command whose failure the actor catches.
std::string run_catching(const Work& work) {
    try {
        return run(work);
    } catch (const Unknown& unknown) {
        return "unknown " + unknown.what;
    } catch (const Error& error) {
        return "error " + work.world.text(error.term);
    } catch (const Failure& failure) {
        return "exit " + work.world.text(failure.reason);
    }
}

std::string run_uncaught(const Work& work) {
    try {
        return run(work);
    } catch (const Failure& failure) {
        work.self.exit(failure.reason);
    }
}

} // namespace

AfterCommand do_command(Process& self, World& world, const Command& command) {
    const Work work{self, world, command.words};
    const std::string& name = command.words.front();
    if (name == "exit")
        self.exit(work.term(1));
    if (name == "error")
        throw Error{work.term(1)};
    if (name == "throw")
        throw work.term(1);
    if (name == "return")
        return AfterCommand::end;
    self.send(command.controller, Done{command.id, name == "call_uncaught" ? run_uncaught(work) : run_catching(work)});
    return AfterCommand::go_on;
}

void obey(Process& self, World& world) {
    while (do_command(self, world, self.receive<Command>()) == AfterCommand::go_on) {
    }
}

} // namespace scenario
