// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/term_hash.hpp"

#include <fiberscope/supervisor.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

namespace fiberscope::detail {

/// What a supervisor remembers of a child.
struct Child {
    Term key; ///< its id; a number in a supervisor whose children have no ids
    std::shared_ptr<const ChildSpec> spec;
    ChildInfo::State state = ChildInfo::State::stopped;
    Pid pid; ///< of its process, while running
    /// The process that ended and is not yet replaced; the default Pid if none is missed.
    Pid old_pid;
    std::int64_t ended_ns = 0; ///< when it ended, clock of the runtime
    Term last_exit_reason;     ///< `undefined` if it never ended
    std::uint64_t restarts = 0;
    std::int64_t last_restart_ms = -1; ///< since the start of the Node

    RestartType restart() const noexcept { return spec->options.restart; }
    bool is_temporary() const noexcept { return restart() == RestartType::temporary; }
};

/// The children of a supervisor in start order. Addresses of children are stable until they are removed.
/// Finding, adding and removing one takes constant time, so 100,000 children start and stop in linear time.
class ChildTable {
public:
    /// Adds a child without a process at the end of the start order. Its key must be new.
    Child& add(Term key, std::shared_ptr<const ChildSpec> spec);
    void remove(Child& child);

    /// nullptr if there is none.
    Child* find(const Term& key);
    /// The child whose process this is, or was before the restart that is being tried; nullptr if there is none.
    Child* find(Pid pid);

    void set_running(Child& child, Pid pid);
    /// Forgets the process.
    void set_stopped(Child& child);
    /// Its restart failed and is tried again.
    void set_restarting(Child& child);

    /// All children; those from `first` on. In start order.
    std::vector<Child*> all();
    std::vector<Child*> from(const Child& first);

    const std::list<Child>& children() const noexcept { return children_; }

private:
    using Position = std::list<Child>::iterator;

    std::list<Child> children_;
    std::unordered_map<Term, Position, TermHash> by_key_;
    std::unordered_map<Pid, Child*> by_pid_;
};

} // namespace fiberscope::detail
