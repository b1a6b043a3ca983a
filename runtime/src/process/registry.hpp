// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <shared_mutex>
#include <utility>
#include <vector>

namespace fiberscope::detail {

class ControlBlock;

/// Registered names: one name a process, one process a name (rule N01).
/// **Thread:** any.
class Registry {
public:
    /// False if the name is taken, or the process has a name or is dead.
    bool add(Atom name, ControlBlock& block, Pid pid);
    /// False if nobody has the name.
    bool remove(Atom name);
    /// Releases the name of a process that ends.
    void release(ControlBlock& block) noexcept;
    /// The default Pid if nobody has the name.
    Pid find(Atom name) const;
    std::vector<std::pair<Atom, Pid>> all() const;

private:
    struct Entry {
        Pid pid;
        ControlBlock* block;
    };
    mutable std::shared_mutex mutex_; ///< protects names_ and the blocks' shown.name
    boost::unordered_flat_map<std::uint32_t, Entry> names_;
};

} // namespace fiberscope::detail
