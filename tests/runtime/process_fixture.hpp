// SPDX-License-Identifier: BSL-1.0
/// What the tests of processes share.
#pragma once

#include <QtTest>

#include <fiberscope/fiberscope.hpp>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::test {

using namespace std::chrono_literals;

struct Tick {
    int number = 0;
};
struct Tock {
    int number = 0;
};

inline NodeConfig with_schedulers(unsigned schedulers) {
    NodeConfig config;
    config.schedulers = schedulers;
    return config;
}

/// Counts its destructions: for "destructors run".
struct Witness {
    std::atomic<int>& destroyed;
    ~Witness() { ++destroyed; }
};

inline ExitReason reason_of_end(ExternalProcess& me, Pid process, MonitorRef monitor) {
    return me->receive(
        on<Down>([monitor](const Down& down) { return down.ref == monitor; },
                 [&](Down down) { return down.pid == process ? down.reason : ExitReason{Term::atom("down_of_another")}; }),
        after(10s, [] { return ExitReason{Term::atom("no_down_came")}; }));
}

/// The exit of a process, as the history tells it.
inline Event exit_event_of(const Node& node, Pid process) {
    for (Event& event : node.events_after(0).events)
        if (event.kind == EventKind::exit && event.pid == process)
            return std::move(event);
    return {};
}

/// The log entries of that title, oldest first.
inline std::vector<LogEntry> reports_of(const Node& node, std::string_view title) {
    std::vector<LogEntry> reports;
    for (const Event& event : node.events_after(0).events)
        if (event.kind == EventKind::log && event.log->title == title)
            reports.push_back(*event.log);
    return reports;
}

/// The value of a field of a log entry, `none` if it has no such field.
inline std::string field_of(const LogEntry& report, std::string_view wanted) {
    for (const auto& [name, value] : report.fields)
        if (name == wanted)
            return value;
    return "none";
}

/// The row of a process in a snapshot; an empty one if it has ended.
inline ProcessRow row_of(const Node& node, Pid pid) {
    for (const ProcessRow& row : node.snapshot().processes)
        if (row.pid == pid)
            return row;
    return {};
}

inline void compare(const std::string& actual, const char* expected) {
    QCOMPARE(QString::fromStdString(actual), QString{expected});
}

/// Rows for a test that runs on 1, 2 and 4 schedulers.
inline void add_scheduler_rows() {
    QTest::addColumn<unsigned>("count");
    for (const unsigned count : {1U, 2U, 4U})
        QTest::addRow("%u schedulers", count) << count;
}

} // namespace fiberscope::test
