// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "actor.hpp"
#include "script.hpp"
#include "world.hpp"

#include <fiberscope/fiberscope.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace scenario {

/// Runs one scenario on a Node of its own. **Thread:** the caller's; several may run at a time.
class Controller {
public:
    explicit Controller(std::uint32_t schedulers);
    /// Ends whatever the scenario left behind.
    ~Controller();

    /// Does one command, waits until all is quiet, and returns what is printed for it, line ends included.
    std::string run(const Line& line);

private:
    std::string own_command(const Words& words);
    std::string on_actor(const Line& line);
    /// The answer of the command `id` of the monitored actor; nothing after `timeout`.
    std::optional<std::string> answer(std::uint64_t id, MonitorRef monitor, Duration timeout);
    std::string result(Pid actor);
    std::string define(const Words& words);
    std::string load_application(const Words& words);
    std::string log(bool sorted);
    Inspection inspect(Pid process, PageRange range = {});
    std::string flags(Pid process);
    std::string inbox(Pid process, bool sorted);
    std::string message_text(const MessageText& message) const;
    std::string relations(Pid process, const std::string& which);
    /// Registered names, or applications.
    std::string names(const std::string& which) const;

    Node node_;
    World world_;
    ExternalProcess me_;
    std::uint64_t last_id_ = 0;
    std::map<Pid, std::pair<std::uint64_t, MonitorRef>> in_background_;
    std::set<Atom> names_of_node_;
};

/// Runs a whole file; returns what is printed for it.
std::string run_script(const Script& script, std::uint32_t schedulers);

} // namespace scenario
