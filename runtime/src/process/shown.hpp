// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/counter.hpp"

#include <fiberscope/pid.hpp>

#include <cstdint>

namespace fiberscope::detail {

/// What snapshots read of a process.
/// **Thread:** written by the process, or before it is queued for the first time; read by any.
struct Shown {
    Counter64 messages_out;
    Counter64 messages_in;
    Counter64 reductions;
    Counter64 cpu_ns;
    Counter64 mailbox_bytes;
    Counter32 message_queue_length;
    Counter32 context_switches;
    Counter<std::int64_t> state_since_ns;
    Counter<std::uintptr_t> call_site; ///< where it called the runtime last
    Counter64 calls;                   ///< bits of the Pid that it waits for in a call, or 0
    Counter32 stack_used_bytes;
    Counter32 links;
    Counter32 monitors;
    Counter32 name;              ///< interned, 0 if none; written under the registry's lock
    Counter<std::uint8_t> flags; ///< ProcessRow's
    Counter<bool> suspended;
    Counter<bool> blocking;
    Counter64 parent;                         ///< bits of a Pid
    Counter64 group_leader;                   ///< bits of a Pid: the application master whose application it belongs to, or 0
    Counter64 heap_bytes;                     ///< that its heap has taken, in use or not
    Counter<std::uintptr_t> initial_function; ///< address of a function, or ...
    Counter<const char*> initial_type;        ///< ... mangled name of a type
    Counter32 initial_name;                   ///< interned; instead of the two above
    Counter<std::int64_t> started_ns;

    /// A new process begins; its name, its flags and what it executes are set by whoever spawns it.
    void begin(Pid parent_pid, std::int64_t now_ns) noexcept {
        for (Counter64* counter : {&messages_out, &messages_in, &reductions, &cpu_ns, &mailbox_bytes, &calls, &heap_bytes})
            counter->set(0);
        for (Counter32* counter : {&message_queue_length, &context_switches, &stack_used_bytes, &links, &monitors})
            counter->set(0);
        call_site.set(0);
        parent.set(parent_pid.bits());
        started_ns.set(now_ns);
        state_since_ns.set(now_ns);
    }
    bool has_flag(std::uint8_t flag) const noexcept { return (flags.get() & flag) != 0; }
    void set_flag(std::uint8_t flag, bool value) noexcept {
        flags.set(static_cast<std::uint8_t>(value ? flags.get() | flag : flags.get() & ~flag));
    }
};

} // namespace fiberscope::detail
