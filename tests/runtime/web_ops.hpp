// SPDX-License-Identifier: BSL-1.0
/// What a process of a web can be told to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace fiberscope::test::webs {

/// Processes, monitors and names of a web are numbered from 0.
inline constexpr int none = -1;

enum class Act : std::uint8_t {
    link,
    unlink,
    monitor,
    monitor_name,
    demonitor, ///< `flag`: flush
    trap_exit, ///< `flag`: on
    exit_signal,
    send,
    send_name,
    register_name,
    unregister_name,
    spawn_link,    ///< `target`: the child; `text`: it ends at once with this reason, empty: it lives
    spawn_monitor, ///< the same
    drain,         ///< takes all messages
    end,           ///< `text`: `return`, `throw`, `error`, `nocatch`, or the reason to exit with
};

/// What one process of a web is told to do.
struct Op {
    Act act = Act::drain;
    int target = none;
    int ref = none;
    int name = none;
    int number = 0; ///< of a note that is sent
    bool flag = false;
    std::string text; ///< an exit reason in its printed form
};

inline std::string to_string(const Op& op) {
    static constexpr const char* words[] = {
        "link",      "unlink",        "monitor",         "monitor_name", "demonitor",     "trap_exit", "exit_signal", "send",
        "send_name", "register_name", "unregister_name", "spawn_link",   "spawn_monitor", "drain",     "end"};
    std::string text = words[static_cast<std::size_t>(op.act)];
    text += op.target != none ? " p" + std::to_string(op.target) : "";
    text += op.ref != none ? " r" + std::to_string(op.ref) : "";
    text += op.name != none ? " n" + std::to_string(op.name) : "";
    text += op.flag ? " true" : "";
    return text + (op.text.empty() ? "" : " " + op.text);
}

} // namespace fiberscope::test::webs
