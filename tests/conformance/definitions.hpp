// SPDX-License-Identifier: BSL-1.0
/// Supervisors and their children as a scenario defines them, made into what the runtime starts.
#pragma once

#include "script.hpp"

#include <fiberscope/fiberscope.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace scenario {

class World;

struct ChildDefinition {
    std::string id;
    Options options;
};

struct SupervisorDefinition {
    std::string strategy;
    Options options;
    std::vector<ChildDefinition> children;
    bool is_dynamic() const { return strategy == "simple_one_for_one"; }
};

using Definitions = std::map<std::string, SupervisorDefinition, std::less<>>;

/// How to start the server NAME with the options of section 6.
fiberscope::ServerSpec server_spec(World& world, const std::string& name, const Options& options);
/// How to start the supervisor NAME: its definition is read when it starts.
fiberscope::ServerSpec supervisor_spec(World& world, const std::string& name);
/// The spec of a child whose process is called `name`.
fiberscope::ChildSpec child_spec(World& world, const std::string& name, const Options& options);

} // namespace scenario
