// SPDX-License-Identifier: BSL-1.0
/// What the behaviours (supervisor, application) need of the process floor beyond the public API.
#pragma once

#include "base/clock.hpp"

#include <fiberscope/events.hpp>
#include <fiberscope/process.hpp>
#include <fiberscope/server.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::detail {

/// Starts a server from within a process and waits until its constructor has run, as `gen_server:start_link`.
/// `system`: the process is part of the Node itself and marked so.
/// **Blocks:** parks. **Errors:** the reason of the start; `ignore`; `{already_started,Pid}`.
/// A linked start that failed leaves no Exit message behind. `spawned` is called with its pid before anything is waited for.
Result<Pid> start_server(Process& starter, const ServerSpec& spec, bool link, bool system = false,
                         const std::function<void(Pid)>& spawned = nullptr);

/// Spawns a process, linked; names the observer's initial function after the request.
/// **Errors:** as Process::spawn.
Pid spawn_child(Process& parent, SpawnRequest request, SpawnOptions options);

/// True while a link to `peer` stands: then its Exit message has not come yet. **Thread:** the process's own.
bool is_linked(Process& process, Pid peer) noexcept;

/// Appends to the event ring of the process's Node; sets seq and time. **Thread:** any. **Blocks:** as EventRing::append.
void record_event(Process& process, Event event);

/// Appends a report about `about` to the log. **Thread:** any. **Blocks:** as EventRing::append.
void log_report(Process& process, LogLevel level, Pid about, std::string title,
                std::vector<std::pair<std::string, std::string>> fields);

/// Makes an application master the group leader of all that it starts, and of what those start.
void become_group_leader(Process& process) noexcept;
/// Kills all processes that have `process` for their group leader, and waits until they have ended (rule A03).
/// **Blocks:** parks.
void kill_group(Process& process);

/// Milliseconds since the start of the Node.
std::int64_t node_time_ms(const Process& process) noexcept;

/// Around code of the user's (a start function, a callback) in a process of the runtime, which is not interrupted else:
/// while it lives, the process may be interrupted as the Node says.
class Interruptible {
public:
    explicit Interruptible(Process& process) noexcept;
    ~Interruptible();
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

private:
    Process& process_;
    const std::optional<Preemption> outer_;
};

/// Asks the Node to stop because of the end of an application: does not wait for that. The reason is shown by the window.
/// **Blocks:** parks while the system has no thread for it.
void request_node_stop(Process& process, const std::string& because);

} // namespace fiberscope::detail
