// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/load_history.hpp"
#include "model/load_marks.hpp"
#include "model/number_text.hpp"
#include "view/chart_scale.hpp"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

namespace {

const auto startedAt = std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000}};

/// A sample `seconds` after the start; the first of two schedulers was busy for `busySeconds` of them.
Snapshot sampleAt(double seconds, double busySeconds = 0) {
    Snapshot sample;
    sample.node.uptime_ns = static_cast<std::uint64_t>(seconds * 1e9);
    sample.node.taken_at =
        startedAt + std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>{seconds});
    sample.node.messages = static_cast<std::uint64_t>(std::llround(seconds * 100));
    sample.node.resident_bytes = 1024;
    sample.schedulers.resize(2);
    for (auto& scheduler : sample.schedulers)
        scheduler.total_ns = sample.node.uptime_ns;
    sample.schedulers[0].busy_ns = static_cast<std::uint64_t>(busySeconds * 1e9);
    sample.schedulers[0].reductions = static_cast<std::uint64_t>(busySeconds * 1000);
    sample.schedulers[1].run_queue = {1, 2, 0, 4};
    return sample;
}

Event eventOf(EventKind kind, ExitReason reason) {
    Event event;
    event.kind = kind;
    event.pid = Pid{0, 90, 0};
    event.reason = std::move(reason);
    return event;
}

} // namespace

/// Counters become rates, whatever the interval between the samples.
class TestLoadHistory : public QObject {
    Q_OBJECT

private slots:
    void oneSampleMakesNoPoint() {
        LoadHistory history;
        QVERIFY(!history.add(sampleAt(1)));
        QVERIFY(history.isEmpty());
    }

    void countersBecomeRates() {
        LoadHistory history;
        history.add(sampleAt(1));
        QVERIFY(history.add(sampleAt(3, 0.5)));
        const LoadPoint& point = history.last();
        QCOMPARE(point.uptimeSeconds, 3.0);
        QCOMPARE(point.schedulers[0].busyPercent, 25.0);
        QCOMPARE(point.schedulers[0].reductionsPerSecond, 250.0);
        QCOMPARE(point.schedulers[1].busyPercent, 0.0);
        QCOMPARE(point.schedulers[1].runQueueLength, 7U);
        QCOMPARE(point.messagesPerSecond, 100.0);
        QCOMPARE(point.residentBytes, 1024.0);
        QVERIFY2(std::isnan(point.processesBytes), "what was not counted is no zero");
    }

    void aSampleThatIsNotNewerIsDropped() {
        LoadHistory history;
        history.add(sampleAt(1));
        history.add(sampleAt(2));
        QVERIFY(!history.add(sampleAt(2)));
        QVERIFY(!history.add(sampleAt(1.5)));
        QCOMPARE(history.points().size(), std::size_t{1});
    }

    void anotherIntervalKeepsThePoints() {
        LoadHistory history;
        double at = 0;
        for (int i = 0; i <= 20; ++i, at += 0.5)
            history.add(sampleAt(at));
        for (int i = 0; i < 20; ++i, at += 0.1)
            history.add(sampleAt(at));
        QCOMPARE(history.points().size(), std::size_t{40});
        for (const LoadPoint& point : history.points())
            QVERIFY(std::abs(point.messagesPerSecond - 100) < 0.1);
        QCOMPARE(history.firstAfter(9.75)->uptimeSeconds, 10.0);
    }

    void tenMinutesAreKept() {
        LoadHistory history;
        for (int second = 0; second <= 1000; second += 10)
            history.add(sampleAt(second));
        QCOMPARE(history.points().front().uptimeSeconds, 400.0);
        QCOMPARE(history.points().back().uptimeSeconds, 1000.0);
    }

    void clockAndUptimeAgree() {
        LoadHistory history;
        history.add(sampleAt(5));
        QCOMPARE(history.uptimeOf(startedAt + 3s), 3.0);
        QVERIFY(history.clockOf(3) == startedAt + 3s);
    }

    void crashesAndRestartsAreMarkedOthersNot() {
        LoadMarks marks;
        marks.add(eventOf(EventKind::exit, ExitReason::normal()), 1);
        marks.add(eventOf(EventKind::exit, ExitReason::shutdown()), 1);
        marks.add(eventOf(EventKind::application_started, {}), 1);
        QVERIFY(marks.marks().empty());
        marks.add(eventOf(EventKind::exit, ExitReason::killed()), 1);
        marks.add(eventOf(EventKind::restart, ExitReason::killed()), 1);
        QCOMPARE(marks.marks().size(), std::size_t{2});
        QCOMPARE(marks.marks().back().kind, LoadMark::Kind::restart);
    }

    void thousandsOfCrashesAreFewMarks() {
        LoadMarks marks;
        for (int i = 0; i < 10'000; ++i) {
            marks.add(eventOf(EventKind::exit, ExitReason::killed()), i / 10'000.0);
            marks.add(eventOf(EventKind::restart, ExitReason::killed()), i / 10'000.0);
        }
        QVERIFY(marks.marks().size() <= 10);
        int counted = 0;
        for (const LoadMark& mark : marks.marks())
            counted += mark.count;
        QCOMPARE(counted, 20'000);
        QVERIFY(marks.marks().front().text().endsWith(QStringLiteral("more")));
    }

    void marksThatWouldTouchAreOne() {
        LoadMarks marks;
        for (int i = 0; i < 100; ++i) { // a crash and its restart every half second, after one long before
            marks.add(eventOf(EventKind::exit, ExitReason::killed()), 20 + i / 2.0);
            marks.add(eventOf(EventKind::restart, ExitReason::killed()), 20 + i / 2.0);
        }
        marks.add(eventOf(EventKind::exit, ExitReason::killed()), 90);
        const auto merged = marks.merged(5);
        QVERIFY2(merged.size() <= 2 * (50 / 5 + 2) + 1, qPrintable(QString::number(merged.size())));
        std::map<LoadMark::Kind, int> counts;
        for (const LoadMark& mark : merged) {
            counts[mark.kind] += mark.count;
            QVERIFY(mark.uptimeSeconds <= mark.lastSeconds && mark.lastSeconds < mark.uptimeSeconds + 2 * 5);
            QCOMPARE(mark.text().split('\n').size(), std::min(mark.count, 5)); // four, and how many more
        }
        QCOMPARE(counts[LoadMark::Kind::exit], 101);
        QCOMPARE(counts[LoadMark::Kind::restart], 100);
        QCOMPARE(merged.back().count, 1);
        QCOMPARE(merged.back().uptimeSeconds, 90.0);
        QCOMPARE(marks.merged(0.1).size(), std::size_t{201}); // nothing touches
    }

    /// Its number stands between a mark and the next.
    void mergedMarksKeepTheirDistance() {
        LoadMarks marks;
        for (int i = 0; i < 700; ++i)
            marks.add(eventOf(EventKind::exit, ExitReason::killed()), 20 + i * 0.7);
        const auto merged = marks.merged(5);
        QVERIFY(merged.size() > 50);
        for (std::size_t i = 1; i < merged.size(); ++i)
            QVERIFY2(merged[i].uptimeSeconds - merged[i - 1].uptimeSeconds >= 5, qPrintable(QString::number(i)));
    }

    void aMergedMarkStaysAsItIs() {
        LoadMarks marks;
        const auto of = [&](double from) {
            QStringList texts;
            for (const LoadMark& mark : marks.merged(5))
                if (mark.uptimeSeconds >= from)
                    texts += QStringLiteral("%1 %2").arg(mark.uptimeSeconds).arg(mark.count);
            return texts;
        };
        for (int i = 0; i < 2 * 590; ++i)
            marks.add(eventOf(EventKind::exit, ExitReason::killed()), 20 + i / 2.0);
        const auto before = of(125).mid(0, 90);
        for (int i = 0; i < 2 * 90; ++i) // the oldest go
            marks.add(eventOf(EventKind::exit, ExitReason::killed()), 610 + i / 2.0);
        QVERIFY(marks.marks().front().uptimeSeconds > 90);
        QCOMPARE(of(125).mid(0, 90), before);
    }

    void axesHaveRoundLines_data() {
        QTest::addColumn<double>("value");
        QTest::addColumn<double>("top");
        QTest::newRow("percent") << 63.0 << 80.0;
        QTest::newRow("full") << 100.0 << 100.0;
        QTest::newRow("run queue") << 3.0 << 4.0;
        QTest::newRow("just above") << 4.01 << 8.0;
        QTest::newRow("messages") << 2650.0 << 4000.0;
        QTest::newRow("small") << 0.35 << 0.4;
    }
    void axesHaveRoundLines() {
        QFETCH(double, value);
        QFETCH(double, top);
        QVERIFY(std::abs(roundedTop(value) - top) < 1e-9);
    }

    void timeRunsFromRightToLeft() {
        const ChartTicks ticks = liveTicks(100, 60);
        QCOMPARE(ticks.size(), 7);
        QCOMPARE(ticks.first(), QStringLiteral("60s"));
        QCOMPARE(ticks.last(), QStringLiteral("0s"));
        QCOMPARE(ticks.firstKey(), 40.0);
        QCOMPARE(ticks.lastKey(), 100.0);
    }

    void ratesAreShort() {
        QCOMPARE(rateText(0), QStringLiteral("0"));
        QCOMPARE(rateText(12.4), QStringLiteral("12"));
        QCOMPARE(rateText(3000), QStringLiteral("3k"));
        QCOMPARE(rateText(3449), QStringLiteral("3.4k"));
        QCOMPARE(rateText(120'000), QStringLiteral("120k"));
        QCOMPARE(rateText(1.2e6), QStringLiteral("1.2M"));
        QCOMPARE(limitText(70, 1'048'576), QStringLiteral("70 / 1,048,576 (0 % used)"));
    }
};

QTEST_GUILESS_MAIN(TestLoadHistory)
#include "tst_load_history.moc"
