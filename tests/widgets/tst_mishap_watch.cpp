// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/mishap_watch.hpp"

#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace fiberscope;
using namespace fiberscope::widgets;

namespace {

const Pid supervisor{1, 80, 0};

Event giveUpOf(const char* name) {
    Event event;
    event.kind = EventKind::gave_up;
    event.pid = supervisor;
    event.supervisor_name = name;
    event.child_id = Term::atom("worker_3");
    event.reason = ExitReason::shutdown();
    return event;
}

Event endOfApplication(ExitReason reason) {
    Event event;
    event.kind = EventKind::application_stopped;
    event.name = "crashloop";
    event.reason = std::move(reason);
    return event;
}

EventsSample batch(std::vector<Event> events, std::uint64_t lost = 0) {
    auto sample = std::make_shared<EventBatch>();
    sample->events = std::move(events);
    sample->lost = lost;
    return sample;
}

LoadSample load(std::uint64_t seconds, std::uint64_t crashes) {
    auto sample = std::make_shared<Snapshot>();
    sample->node.uptime_ns = seconds * 1'000'000'000;
    sample->node.crashes = crashes;
    sample->node.taken_at = std::chrono::system_clock::time_point{std::chrono::seconds{seconds}};
    return sample;
}

/// The text as it reads, without its links.
QString plain(const MishapWatch& watch) {
    auto text = watch.text();
    text.remove(QRegularExpression{"<[^>]*>"}).replace("&lt;", "<").replace("&gt;", ">");
    return text;
}

} // namespace

/// What the window tells that nobody asked for.
class TestMishapWatch : public QObject {
    Q_OBJECT

private slots:
    void aGiveUpIsToldWithItsApplication() {
        MishapWatch watch;
        QSignalSpy told{&watch, &MishapWatch::told};
        watch.takeEvents(batch({giveUpOf("crash_sup"), endOfApplication(ExitReason::shutdown())}));
        QCOMPARE(plain(watch), "crash_sup <0.80.0> gave up: child worker_3 ended more often than it may restart it; "
                               "application crashloop ended with shutdown");
        QTRY_COMPARE(told.size(), 1);
    }

    void anApplicationThatEndsByItselfIsTold() {
        MishapWatch watch;
        watch.takeEvents(batch({endOfApplication(ExitReason::killed())}));
        QCOMPARE(plain(watch), "Application crashloop ended with killed");
    }

    void manyAreToldAtOnceAndInOneLine() {
        MishapWatch watch;
        QSignalSpy told{&watch, &MishapWatch::told};
        for (int number = 0; number < 1200; ++number)
            watch.takeEvents(batch({giveUpOf("crash_sup")}));
        QCOMPARE(told.size(), 0);
        QTRY_COMPARE(told.size(), 1);
        QVERIFY2(plain(watch).startsWith("1,200 supervisors gave up, the last: crash_sup <0.80.0>"), qPrintable(plain(watch)));
    }

    void whatIsStoppedByHandIsNoMishap() {
        MishapWatch watch;
        watch.takeEvents(batch({endOfApplication(Term::atom("stopped")), endOfApplication(ExitReason::normal())}));
        QVERIFY(watch.text().isEmpty());
    }

    void lostEventsAreTold() {
        MishapWatch watch;
        watch.takeEvents(batch({}, 5));
        QVERIFY(watch.text().isEmpty());
        watch.takeEvents(batch({giveUpOf("crash_sup")}, 2398));
        QVERIFY2(plain(watch).endsWith("; there may be more: 2,398 events were lost"), qPrintable(plain(watch)));
    }

    void manyCrashesAreCountedByTheNode() {
        MishapWatch watch;
        watch.takeLoad(load(10, 7));
        watch.takeLoad(load(11, 12));
        QVERIFY2(watch.text().isEmpty(), "five are not many");
        watch.takeLoad(load(12, 100'012));
        QVERIFY2(plain(watch).startsWith("100,000 processes have crashed since "), qPrintable(plain(watch)));
        QVERIFY2(plain(watch).contains(":11"), "since the sample before");
        watch.takeLoad(load(13, 100'013));
        QVERIFY(plain(watch).startsWith("100,001 processes"));
        watch.expire();
        QVERIFY(watch.text().isEmpty());
    }

    void aFewInALongTimeAreNotMany() {
        MishapWatch watch;
        watch.takeLoad(load(10, 0));
        watch.takeLoad(load(20, 100));
        QVERIFY(watch.text().isEmpty());
    }

    void whatTheUserHasClosedDoesNotComeBack() {
        MishapWatch watch;
        QSignalSpy told{&watch, &MishapWatch::told};
        watch.takeEvents(batch({giveUpOf("crash_sup")}));
        watch.dismiss();
        QTest::qWait(0);
        watch.takeEvents(batch({giveUpOf("crash_sup")}));
        watch.expire();
        QCOMPARE(told.size(), 0);
        watch.takeEvents(batch({giveUpOf("crash_sup")}));
        QTRY_COMPARE(told.size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestMishapWatch)
#include "tst_mishap_watch.moc"
