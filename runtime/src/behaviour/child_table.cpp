// SPDX-License-Identifier: BSL-1.0
#include "behaviour/child_table.hpp"

#include <iterator>
#include <utility>

namespace fiberscope::detail {

Child& ChildTable::add(std::shared_ptr<const ChildSpec> spec) {
    children_.emplace_back().spec = std::move(spec);
    const Position position = std::prev(children_.end());
    by_id_.emplace(position->spec->id, position);
    return *position;
}

void ChildTable::remove(Child& child) {
    by_pid_.erase(child.pid);
    const auto entry = by_id_.find(child.spec->id);
    const Position position = entry->second;
    by_id_.erase(entry);
    children_.erase(position);
}

Child* ChildTable::find(const Term& id) {
    const auto entry = by_id_.find(id);
    return entry != by_id_.end() ? &*entry->second : nullptr;
}

Child* ChildTable::find(Pid pid) {
    const auto entry = by_pid_.find(pid);
    return entry != by_pid_.end() ? entry->second : nullptr;
}

void ChildTable::set_running(Child& child, Pid pid) {
    child.state = ChildInfo::State::running;
    child.pid = pid;
    by_pid_.emplace(pid, &child);
}

void ChildTable::set_ended(Child& child, ChildInfo::State state) {
    by_pid_.erase(child.pid);
    child.state = state;
    child.pid = {};
}

std::vector<Child*> ChildTable::all() {
    return children_.empty() ? std::vector<Child*>{} : from(children_.front());
}

std::vector<Child*> ChildTable::from(const Child& first) {
    std::vector<Child*> found;
    for (Position position = by_id_.find(first.spec->id)->second; position != children_.end(); ++position)
        found.push_back(&*position);
    return found;
}

} // namespace fiberscope::detail
