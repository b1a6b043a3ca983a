// SPDX-License-Identifier: BSL-1.0
#include "process/registry.hpp"

#include "process/control_block.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace fiberscope::detail {

bool Registry::add(Atom name, ControlBlock& block, Pid pid) {
    const std::lock_guard lock{mutex_};
    if (!name || block.shown.name.get() != 0 || !block.is_live(pid.serial()))
        return false;
    if (!names_.emplace(name.id(), Entry{pid, &block}).second)
        return false;
    block.shown.name.set(name.id());
    // A process that ends says so first and then looks at its name: one of the two sees the other.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (block.is_live(pid.serial()))
        return true;
    names_.erase(name.id());
    block.shown.name.set(0);
    return false;
}

bool Registry::remove(Atom name) {
    const std::lock_guard lock{mutex_};
    const auto found = names_.find(name.id());
    if (found == names_.end())
        return false;
    found->second.block->shown.name.set(0);
    names_.erase(found);
    return true;
}

void Registry::release(ControlBlock& block) noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (block.shown.name.get() == 0)
        return;
    const std::lock_guard lock{mutex_};
    names_.erase(block.shown.name.get());
    block.shown.name.set(0);
}

Pid Registry::find(Atom name) const {
    const std::shared_lock lock{mutex_};
    const auto found = names_.find(name.id());
    return found == names_.end() ? Pid{} : found->second.pid;
}

std::vector<std::pair<Atom, Pid>> Registry::all() const {
    std::vector<std::pair<Atom, Pid>> result;
    {
        const std::shared_lock lock{mutex_};
        for (const auto& [name, entry] : names_)
            result.emplace_back(Atom::from_id(name), entry.pid);
    }
    std::sort(result.begin(), result.end(),
              [](const auto& left, const auto& right) { return left.first.name() < right.first.name(); });
    return result;
}

} // namespace fiberscope::detail
