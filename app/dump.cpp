// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump.hpp"

#include "json_writer.hpp"
#include "supervision_tree.hpp"

#include <fiberscope/node.hpp>
#include <fiberscope/widgets/whole_file.hpp>

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

std::string timeText(std::chrono::system_clock::time_point time) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
    return QDateTime::fromMSecsSinceEpoch(ms.count(), Qt::UTC).toString(Qt::ISODateWithMs).toStdString();
}

/// A pid as text; null for nobody.
void pidField(JsonWriter& json, std::string_view name, Pid pid) {
    json.key(name);
    if (pid)
        json.value(to_string(pid));
    else
        json.null();
}

/// The text of an interned name; empty for none.
std::string_view textOf(std::uint32_t id) {
    return id == 0 ? std::string_view{} : name_of(id);
}

std::string_view textOf(Atom atom) {
    return atom ? atom.name() : std::string_view{};
}

double utilization(const SchedulerRow& before, const SchedulerRow& now) {
    const auto total = now.total_ns - before.total_ns;
    if (total == 0)
        return 0;
    const double share = static_cast<double>(now.busy_ns - before.busy_ns) / static_cast<double>(total);
    return std::round(std::clamp(share, 0.0, 1.0) * 1e4) / 1e4;
}

void writeNode(JsonWriter& json, const NodeRow& node) {
    json.beginObject();
    json.field("name", node.name);
    json.field("taken_at", timeText(node.taken_at));
    json.field("uptime_ms", node.uptime_ns / 1'000'000);
    json.field("process_count", node.process_count);
    json.field("process_limit", node.process_limit);
    json.field("atom_count", node.atom_count);
    json.field("schedulers", node.schedulers);
    json.field("schedulers_online", node.schedulers_online);
    json.field("spawns", node.spawns);
    json.field("exits", node.exits);
    json.field("crashes", node.crashes);
    json.field("abandoned", node.abandoned);
    json.field("overflows", node.overflows);
    json.field("faults", node.faults);
    json.field("over_limit", node.over_limit);
    json.field("restarts", node.restarts);
    json.field("messages", node.messages);
    json.field("reductions", node.reductions);
    json.field("context_switches", node.context_switches);
    json.field("run_queue_length", node.run_queue_length);
    json.field("timers", node.timers);
    json.field("processes_bytes", node.processes_bytes);
    json.field("allocated_by_processes_bytes", node.allocated_by_processes_bytes);
    json.field("allocated_by_nobody_bytes", node.allocated_by_nobody_bytes);
    json.field("allocation", node.allocation);
    json.field("stacks_bytes", node.stacks_bytes);
    json.field("resident_bytes", node.resident_bytes);
    json.field("preemption", node.preemption);
    json.field("stack_guards", node.stack_guards);
    json.field("faults_are", node.faults_are);
    json.field("compiled", node.compiled);
    json.endObject();
}

void writeSchedulers(JsonWriter& json, const Snapshot& baseline, const Snapshot& now) {
    json.beginArray();
    for (const SchedulerRow& row : now.schedulers) {
        const auto before = std::ranges::find(baseline.schedulers, row.id, &SchedulerRow::id);
        json.beginObject();
        json.field("id", row.id);
        json.field("utilization", utilization(before == baseline.schedulers.end() ? SchedulerRow{} : *before, row));
        json.field("run_queue_length", row.run_queue_length());
        json.field("reductions", row.reductions);
        json.field("context_switches", row.context_switches);
        json.field("steals", row.steals);
        json.field("budget_preemptions", row.budget_preemptions);
        json.field("flag_preemptions", row.flag_preemptions);
        json.field("signal_preemptions", row.signal_preemptions);
        json.field("signal_refusals", row.signal_refusals);
        json.field("longest_run_us", row.longest_run_ns / 1000);
        json.endObject();
    }
    json.endArray();
}

void writeProcess(JsonWriter& json, const ProcessRow& row, std::string_view label, std::uint64_t uptime_ms) {
    json.beginObject();
    json.field("pid", to_string(row.pid));
    json.field("name", textOf(row.registered_name));
    json.field("label", label);
    json.field("initial_function", textOf(row.initial_function));
    json.field("status", to_string(row.status));
    json.field("reductions", row.reductions);
    json.field("cpu_time_us", row.cpu_ns / 1000);
    json.field("memory_bytes", row.memory_bytes);
    json.field("message_queue_length", row.message_queue_length);
    json.field("current_function", textOf(row.current_function));
    json.field("priority", to_string(row.priority));
    json.field("trap_exit", row.traps_exits());
    json.field("links", row.links);
    json.field("monitors", row.monitors);
    pidField(json, "parent", row.parent);
    json.field("age_ms", uptime_ms - std::min(uptime_ms, row.started_ms));
    json.endObject();
}

void writeProcesses(JsonWriter& json, const Snapshot& now) {
    json.beginArray();
    auto label = now.labels.begin(); // labels stand in the order of the rows
    for (const ProcessRow& row : now.processes) {
        const bool has_label = label != now.labels.end() && label->pid == row.pid;
        writeProcess(json, row, has_label ? std::string_view{label->text} : std::string_view{}, now.node.uptime_ns / 1'000'000);
        if (has_label)
            ++label;
    }
    json.endArray();
}

std::string_view stateText(ChildInfo::State state) {
    switch (state) {
    case ChildInfo::State::running: return "running";
    case ChildInfo::State::restarting: return "restarting";
    case ChildInfo::State::stopped: break;
    }
    return "stopped";
}

void writeChildren(JsonWriter& json, const SupervisionTree& tree, Pid supervisor);

void writeChild(JsonWriter& json, const SupervisionTree& tree, const ChildInfo& child) {
    json.beginObject();
    json.field("id", to_string(child.id));
    pidField(json, "pid", child.pid);
    json.field("state", stateText(child.state));
    json.field("type", to_string(child.type));
    json.field("restart", to_string(child.restart));
    json.field("shutdown", child.shutdown);
    json.field("restarts", child.restarts);
    json.field("last_exit_reason", to_string(child.last_exit_reason));
    if (child.type == ChildType::supervisor)
        writeChildren(json, tree, child.pid);
    json.endObject();
}

/// The fields of a supervisor that answered, within an object that is open.
void writeChildren(JsonWriter& json, const SupervisionTree& tree, Pid supervisor) {
    const auto found = tree.supervisors.find(supervisor);
    if (found == tree.supervisors.end())
        return;
    json.field("strategy", to_string(found->second.strategy));
    json.field("intensity", found->second.intensity);
    json.field("period_s", found->second.period_s);
    json.key("children").beginArray();
    for (const ChildInfo& child : found->second.children)
        writeChild(json, tree, child);
    json.endArray();
}

void writeApplications(JsonWriter& json, const SupervisionTree& tree) {
    json.beginArray();
    for (const ApplicationInfo& application : tree.applications) {
        json.beginObject();
        json.field("name", application.name.name());
        json.field("description", application.description);
        json.field("restart", to_string(application.type));
        pidField(json, "master", application.master);
        pidField(json, "supervisor", application.supervisor);
        writeChildren(json, tree, application.supervisor);
        json.endObject();
    }
    json.endArray();
}

/// A text as an array of its lines.
void writeLines(JsonWriter& json, std::string_view text) {
    json.beginArray();
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        json.value(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    json.endArray();
}

void writeExit(JsonWriter& json, const Event& event) {
    json.beginObject();
    json.field("at", timeText(event.at));
    json.field("pid", to_string(event.pid));
    json.field("name", textOf(event.name));
    json.field("initial_function", textOf(event.initial_function));
    json.field("reason", to_string(event.reason));
    json.field("note", event.note);
    json.field("abandoned", event.abandoned);
    json.field("age_ms", event.age_ms);
    json.key("stack");
    writeLines(json, event.stack_text);
    json.endObject();
}

void writeRestart(JsonWriter& json, const Event& event) {
    json.beginObject();
    json.field("at", timeText(event.at));
    json.field("supervisor", event.supervisor_name ? std::string{event.supervisor_name.name()} : to_string(event.supervisor));
    pidField(json, "supervisor_pid", event.supervisor);
    json.field("child_id", to_string(event.child_id));
    pidField(json, "old_pid", event.old_pid);
    pidField(json, "new_pid", event.pid);
    json.field("reason", to_string(event.reason));
    json.field("restart_us", event.restart_us);
    json.endObject();
}

template <class Write>
void writeEvents(JsonWriter& json, const EventBatch& batch, EventKind kind, Write write) {
    json.beginArray();
    for (const Event& event : batch.events)
        if (event.kind == kind)
            write(json, event);
    json.endArray();
}

void writeAll(JsonWriter& json, Node& node, const Snapshot& baseline) {
    const Snapshot now = node.snapshot(); // before supervisors are asked, which makes them run
    const SupervisionTree tree = readSupervisionTree(node, 2s);
    const EventBatch events = node.events_after(0);
    json.beginObject();
    json.key("node");
    writeNode(json, now.node);
    json.key("schedulers");
    writeSchedulers(json, baseline, now);
    json.key("processes");
    writeProcesses(json, now);
    json.key("applications");
    writeApplications(json, tree);
    json.key("exits");
    writeEvents(json, events, EventKind::exit, writeExit);
    json.key("restarts");
    writeEvents(json, events, EventKind::restart, writeRestart);
    json.field("lost_events", events.lost);
    json.endObject();
}

} // namespace

QString writeDump(Node& node, const Snapshot& baseline, const QString& fileName) {
    return widgets::writeWhole(fileName, [&](QIODevice& file) {
        JsonWriter json{file};
        writeAll(json, node, baseline);
        return true;
    });
}

} // namespace fiberscope::app
