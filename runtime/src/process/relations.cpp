// SPDX-License-Identifier: BSL-1.0
#include "process/relations.hpp"

#include "process/process_system.hpp"

namespace fiberscope::detail {

void Relations::monitor(Ref ref, Pid target, Atom name) {
    monitors_.add(ref, {target, name});
    monitors_changed();
}

std::optional<Pid> Relations::demonitor(Ref ref) noexcept {
    const MonitorMade* monitor = monitors_.find(ref);
    if (monitor == nullptr)
        return std::nullopt;
    const Pid target = monitor->target;
    monitors_.erase(ref);
    monitors_changed();
    return target;
}

void Relations::monitor_is_of(Ref ref, Pid target) noexcept {
    if (MonitorMade* monitor = monitors_.find(ref)) // else it has ended already
        monitor->target = target;
}

bool Relations::on_down(Ref ref, Down& down) {
    const MonitorMade* monitor = monitors_.find(ref);
    if (monitor == nullptr)
        return false;
    down.name = monitor->name;
    if (!down.pid)
        down.pid = monitor->target;
    monitors_.erase(ref);
    monitors_changed();
    return true;
}

bool Relations::keep_answer(std::unique_ptr<MessageSignal>& answer) noexcept {
    auto* place = answers_.find(answer->tag);
    if (place == nullptr || *place != nullptr)
        return false;
    *place = std::move(answer);
    return true;
}

bool Relations::has_answer(Ref ref) noexcept {
    const auto* place = answers_.find(ref);
    return place != nullptr && *place != nullptr;
}

std::unique_ptr<MessageSignal> Relations::end_expectation(Ref ref) noexcept {
    auto* place = answers_.find(ref);
    if (place == nullptr)
        return nullptr;
    auto answer = std::move(*place);
    answers_.erase(ref);
    return answer;
}

void Relations::tell_the_end(ProcessSystem& system, Pid self, const ExitReason& reason, std::int64_t ended_ns) {
    for (const auto& [peer, stamp] : links_.take()) {
        auto exit = std::make_unique<Envelope<Exit>>(SignalKind::link_exit, Exit{self, reason});
        exit->from = self;
        exit->tag = Ref{stamp};
        exit->sent_ns = ended_ns;
        system.send(peer, std::move(exit));
    }
    for (const auto& [ref, watcher] : monitored_by_.take()) {
        auto down = std::make_unique<Envelope<Down>>(SignalKind::down, Down{MonitorRef{ref}, self, reason, {}});
        down->from = self;
        down->tag = ref;
        down->sent_ns = ended_ns;
        system.send(watcher, std::move(down));
    }
    for (const auto& [ref, monitor] : monitors_.take()) {
        auto demonitor = std::make_unique<MonitorSignal>(SignalKind::demonitor, MonitorRef{ref}, Atom{});
        demonitor->from = self;
        system.send(monitor.target, std::move(demonitor));
    }
}

void Relations::inspect(Inspection& result) const {
    result.links = links_.peers();
    for (const auto& [ref, monitor] : monitors_)
        result.monitors.push_back({ref, monitor.target, monitor.name});
    for (const auto& [ref, watcher] : monitored_by_)
        result.monitored_by.push_back(watcher);
}

} // namespace fiberscope::detail
