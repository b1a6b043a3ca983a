// SPDX-License-Identifier: BSL-1.0
#include "process/relations.hpp"

#include "process/process_system.hpp"

namespace fiberscope::detail {

void Relations::monitor(Ref ref, Pid target, Atom name) {
    tables().monitors.add(ref, {target, name});
    monitors_changed();
}

std::optional<Pid> Relations::demonitor(Ref ref) noexcept {
    const MonitorMade* monitor = find_monitor(ref);
    if (monitor == nullptr)
        return std::nullopt;
    const Pid target = monitor->target;
    tables_->monitors.erase(ref);
    monitors_changed();
    return target;
}

void Relations::monitor_is_of(Ref ref, Pid target) noexcept {
    if (MonitorMade* monitor = find_monitor(ref)) // else it has ended already
        monitor->target = target;
}

bool Relations::on_down(Ref ref, Down& down) {
    const MonitorMade* monitor = find_monitor(ref);
    if (monitor == nullptr)
        return false;
    down.name = monitor->name;
    if (!down.pid)
        down.pid = monitor->target;
    tables_->monitors.erase(ref);
    monitors_changed();
    return true;
}

bool Relations::keep_answer(std::unique_ptr<MessageSignal>& answer) noexcept {
    auto* place = place_of_answer(answer->tag);
    if (place == nullptr || *place != nullptr)
        return false;
    *place = std::move(answer);
    return true;
}

bool Relations::has_answer(Ref ref) noexcept {
    const auto* place = place_of_answer(ref);
    return place != nullptr && *place != nullptr;
}

std::unique_ptr<MessageSignal> Relations::end_expectation(Ref ref) noexcept {
    auto* place = place_of_answer(ref);
    if (place == nullptr)
        return nullptr;
    auto answer = std::move(*place);
    tables_->answers.erase(ref);
    return answer;
}

void Relations::tell_the_end(ProcessSystem& system, Pid self, const ExitReason& reason, std::int64_t ended_ns) {
    if (tables_ == nullptr)
        return;
    for (const auto& [peer, stamp] : tables_->links.take()) {
        auto exit = std::make_unique<Envelope<Exit>>(SignalKind::link_exit, Exit{self, reason});
        exit->from = self;
        exit->tag = Ref{stamp};
        exit->sent_ns = ended_ns;
        system.send(peer, std::move(exit));
    }
    for (const auto& [ref, watcher] : tables_->monitored_by.take()) {
        auto down = std::make_unique<Envelope<Down>>(SignalKind::down, Down{MonitorRef{ref}, self, reason, {}});
        down->from = self;
        down->tag = ref;
        down->sent_ns = ended_ns;
        system.send(watcher, std::move(down));
    }
    for (const auto& [ref, monitor] : tables_->monitors.take()) {
        auto demonitor = std::make_unique<MonitorSignal>(SignalKind::demonitor, MonitorRef{ref}, Atom{});
        demonitor->from = self;
        system.send(monitor.target, std::move(demonitor));
    }
}

void Relations::inspect(PageRange range, Inspection& result) const {
    if (tables_ == nullptr)
        return;
    result.link_count = tables_->links.size();
    result.monitor_count = tables_->monitors.size();
    result.monitored_by_count = tables_->monitored_by.size();
    result.links = tables_->links.peers(range.first, range.count);
    for_page(tables_->monitors, range, [&result](const auto& entry) {
        result.monitors.push_back({entry.first, entry.second.target, entry.second.name});
    });
    for_page(tables_->monitored_by, range, [&result](const auto& entry) { result.monitored_by.push_back(entry.second); });
}

} // namespace fiberscope::detail
