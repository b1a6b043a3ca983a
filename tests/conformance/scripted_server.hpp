// SPDX-License-Identifier: BSL-1.0
/// The servers of a scenario: they do what requests, casts and messages tell them.
#pragma once

#include "actor.hpp"
#include "world.hpp"

#include <fiberscope/fiberscope.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace scenario {

struct Call {
    Term request;
    using Reply = Term;
};
struct Cast {
    Term request;
};

class ScriptedServer final : public Server<ScriptedServer> {
public:
    using Messages = fiberscope::Messages<Call, Cast, Command>;

    ScriptedServer(World* world, const std::string& name, const Options& options);

    Reply<Call> handle_call(const Call& call);
    void handle_cast(const Cast& cast);
    void handle_info(const Command& command);
    void handle_info(const Message& message);
    void handle_continue(const Term& term);
    void handle_timeout() { world_->log("info " + name_ + " timeout"); }
    void terminate(const ExitReason& reason);
    Term state() const { return value_; }

private:
    /// What a start does. False: the server is not to run.
    bool start_step(const std::string& step);
    /// `{stop,R}`, `{exit,R}`, `{error,R}`; false: something else.
    bool ends_with(const Term& order);
    Term call_another(const Term& request);
    Reply<Call> answer_and_more(const Term& request);

    World* world_;
    std::string name_;
    std::string terminate_;
    Term value_;                                       ///< `undefined`
    std::vector<std::pair<Term, From<Call>>> callers_; ///< those whose reply comes later, by tag
};

} // namespace scenario
