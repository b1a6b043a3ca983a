// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/system_facts.hpp"

#include <QTest>

using namespace fiberscope;
using namespace fiberscope::widgets;

namespace {

QString valueOf(const QString& box, const QString& name, const SystemSource& source) {
    for (const SystemBox& candidate : systemBoxes())
        for (const SystemFact& fact : candidate.facts)
            if (candidate.title == box && fact.name == name)
                return fact.value(source);
    return QStringLiteral("(no such fact)");
}

} // namespace

/// The System tab says what the node's figures say, in observer's words and units.
class TestSystemFacts : public QObject {
    Q_OBJECT

private slots:
    void observersBoxesComeFirst() {
        QStringList titles;
        for (const SystemBox& box : systemBoxes())
            titles.append(box.title);
        QCOMPARE(titles.mid(0, 5), (QStringList{"System and Architecture", "Memory Usage", "CPUs and Threads", "Statistics",
                                                "System statistics / limit"}));
        QVERIFY(titles.contains(QStringLiteral("Runtime")));
    }

    void figuresReadAsInObserver() {
        NodeRow node;
        node.name = "demo@localhost";
        node.process_count = 70;
        node.process_limit = 1'048'576;
        node.resident_bytes = 12'900'000;
        node.processes_bytes = 108'900;
        node.uptime_ns = 21'400'000'000;
        node.run_queue_length = 3;
        node.crashes = 1234;
        node.preemption = "cooperative";
        node.most_blocking_threads = 10;
        node.overflows = 6000;
        node.faults = 3;
        node.over_limit = 2;
        node.faults_are = "exits";
        const SystemSource source{node, nullptr, 0};
        QCOMPARE(valueOf("System and Architecture", "Node", source), QStringLiteral("demo@localhost"));
        QCOMPARE(valueOf("System statistics / limit", "Processes", source), QStringLiteral("70 / 1,048,576 (0 % used)"));
        QCOMPARE(valueOf("System statistics / limit", "Blocking pool", source), QStringLiteral("0 / 10 (0 % used)"));
        node.blocking_threads = 10;
        node.blocking_jobs_waiting = 1500;
        QCOMPARE(valueOf("System statistics / limit", "Blocking pool", source),
                 QStringLiteral("10 / 10 (100 % used), 1,500 waiting"));
        QCOMPARE(valueOf("Memory Usage", "Total", source), QStringLiteral("12 MiB"));
        QCOMPARE(valueOf("Memory Usage", "Processes", source), QStringLiteral("106 KiB"));
        QCOMPARE(valueOf("Statistics", "Up time", source), QStringLiteral("21 Secs"));
        QCOMPARE(valueOf("Statistics", "Run Queue", source), QStringLiteral("3"));
        QCOMPARE(valueOf("Processes since start", "Crashes", source), QStringLiteral("1,234"));
        QCOMPARE(valueOf("Processes since start", "Overflows", source), QStringLiteral("6,000"));
        QCOMPARE(valueOf("Processes since start", "Faults", source), QStringLiteral("3"));
        QCOMPARE(valueOf("Processes since start", "Over limit", source), QStringLiteral("2"));
        QCOMPARE(valueOf("Runtime", "Hardware faults", source), QStringLiteral("exits"));
        QCOMPARE(valueOf("Runtime", "State", source), QStringLiteral("running"));
    }

    void sumsOfAllocationsAreShownWhereTheyAreCounted() {
        NodeRow node;
        node.allocation = "not counted: the program is not linked with Fiberscope::Allocation";
        for (const char* const sum : {"Allocated by processes", "Allocated by nobody"})
            QCOMPARE(valueOf("Memory Usage", sum, {node, nullptr, 0}),
                     QStringLiteral("not counted: the program is not linked with Fiberscope::Allocation"));
        node.allocation = "counted";
        QCOMPARE(valueOf("Memory Usage", "Allocated by processes", {node, nullptr, 0}), QStringLiteral("not counted yet"));
        node.allocated_by_processes_bytes = 108'900;
        node.allocated_by_nobody_bytes = 12'900'000;
        QCOMPARE(valueOf("Memory Usage", "Allocated by processes", {node, nullptr, 0}), QStringLiteral("106 KiB"));
        QCOMPARE(valueOf("Memory Usage", "Allocated by nobody", {node, nullptr, 0}), QStringLiteral("12 MiB"));
    }

    void countsShowTheirRateOnceItIsKnown() {
        NodeRow node;
        node.reductions = 9'000'000;
        QCOMPARE(valueOf("Statistics", "Reductions", {node, nullptr, 0}), QStringLiteral("9,000,000"));
        LoadPoint rates;
        rates.reductionsPerSecond = 3.2e6;
        QCOMPARE(valueOf("Statistics", "Reductions", {node, &rates, 0}), QStringLiteral("9,000,000   (3.2M /s)"));
    }

    void aStoppedNodeSaysWhy() {
        NodeRow node;
        node.stopped_because = "application kv ended: shutdown";
        QCOMPARE(valueOf("Runtime", "State", {node, nullptr, 0}), QStringLiteral("stopped: application kv ended: shutdown"));
    }
};

QTEST_GUILESS_MAIN(TestSystemFacts)
#include "tst_system_facts.moc"
