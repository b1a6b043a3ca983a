// SPDX-License-Identifier: BSL-1.0
#include "behaviour/child_table.hpp"

#include <iterator>
#include <utility>

namespace fiberscope::detail {

Child& ChildTable::add(Term key, std::shared_ptr<const ChildSpec> spec) {
    Child& added = children_.emplace_back();
    added.key = std::move(key);
    added.spec = std::move(spec);
    by_key_.emplace(added.key, std::prev(children_.end()));
    return added;
}

void ChildTable::remove(Child& child) {
    set_stopped(child);
    const auto entry = by_key_.find(child.key);
    const Position position = entry->second;
    by_key_.erase(entry);
    children_.erase(position);
}

Child* ChildTable::find(const Term& key) {
    const auto entry = by_key_.find(key);
    return entry != by_key_.end() ? &*entry->second : nullptr;
}

Child* ChildTable::find(Pid pid) {
    const auto entry = by_pid_.find(pid);
    return entry != by_pid_.end() ? entry->second : nullptr;
}

void ChildTable::set_running(Child& child, Pid pid) {
    set_stopped(child);
    child.state = ChildInfo::State::running;
    child.pid = pid;
    by_pid_.emplace(pid, &child);
}

void ChildTable::set_stopped(Child& child) {
    by_pid_.erase(child.state == ChildInfo::State::restarting ? child.old_pid : child.pid);
    child.state = ChildInfo::State::stopped;
    child.pid = {};
}

void ChildTable::set_restarting(Child& child) {
    set_stopped(child);
    child.state = ChildInfo::State::restarting;
    if (child.old_pid)
        by_pid_.emplace(child.old_pid, &child);
}

std::vector<Child*> ChildTable::all() {
    return children_.empty() ? std::vector<Child*>{} : from(children_.front());
}

std::vector<Child*> ChildTable::from(const Child& first) {
    std::vector<Child*> found;
    for (Position position = by_key_.find(first.key)->second; position != children_.end(); ++position)
        found.push_back(&*position);
    return found;
}

} // namespace fiberscope::detail
