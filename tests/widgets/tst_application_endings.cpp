// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/application_endings.hpp"

#include <QTest>

#include <utility>
#include <vector>

using namespace fiberscope;
using namespace fiberscope::widgets;

namespace {

const Pid supervisor{0, 5, 0};

Event happened(EventKind kind, const ExitReason& reason = {}) {
    Event event;
    event.kind = kind;
    event.name = Atom{"shop"};
    event.reason = reason;
    if (kind == EventKind::gave_up)
        event.pid = supervisor;
    if (kind == EventKind::application_started)
        event.supervisor = supervisor;
    return event;
}

EventBatch batch(std::vector<Event> events, std::uint64_t lost = 0) {
    EventBatch made;
    made.events = std::move(events);
    made.lost = lost;
    return made;
}

} // namespace

/// What is told of an application that runs no more.
class TestApplicationEndings : public QObject {
    Q_OBJECT

private slots:
    void init() {
        ApplicationInfo shop;
        shop.name = Atom{"shop"};
        shop.supervisor = supervisor;
        m_running = {shop};
    }

    void aGiveUpIsToldWithoutAnyTreeSeen() {
        auto endings = running();
        endings.takeEvents(batch({happened(EventKind::gave_up)}));
        m_running.clear();
        endings.takeEvents(batch({happened(EventKind::application_stopped, ExitReason::shutdown())}));
        QCOMPARE(endings.last(), "shop");
        QCOMPARE(endings.text("shop"), "Application shop has ended: its top supervisor gave up, after more restarts than it "
                                       "allows.\nExit reason: shutdown");
    }

    void aGiveUpOfOneThatStartedLaterIsTold() {
        m_running.clear();
        auto endings = running();
        endings.takeEvents(batch({happened(EventKind::application_started)}));
        endings.takeEvents(
            batch({happened(EventKind::gave_up), happened(EventKind::application_stopped, ExitReason::shutdown())}));
        QVERIFY(endings.text("shop").contains("gave up"));
    }

    /// Over before anybody asked what runs; its first child may even have failed before its start was told.
    void aGiveUpBetweenTwoLooksIsTold_data() {
        QTest::addColumn<bool>("givesUpFirst");
        QTest::newRow("after its start") << false;
        QTest::newRow("before its start") << true;
    }
    void aGiveUpBetweenTwoLooksIsTold() {
        QFETCH(bool, givesUpFirst);
        m_running.clear();
        auto endings = running();
        std::vector<Event> events{happened(EventKind::application_started), happened(EventKind::gave_up)};
        if (givesUpFirst)
            std::swap(events[0], events[1]);
        events.push_back(happened(EventKind::application_stopped, ExitReason::shutdown()));
        endings.takeEvents(batch(std::move(events)));
        QVERIFY(endings.text("shop").contains("gave up"));
    }

    void whoStoppedItIsNotInvented() {
        auto endings = running();
        endings.takeEvents(batch({happened(EventKind::application_stopped, ExitReason{Term::atom("stopped")})}));
        QCOMPARE(endings.text("shop"), "Application shop has stopped.\nExit reason: stopped");
        endings.takeEvents(batch({happened(EventKind::application_stopped, ExitReason{Term::atom("oops")})}));
        QCOMPARE(endings.text("shop"), "Application shop has ended.\nExit reason: oops");
    }

    void aNewStartForgets() {
        auto endings = running();
        endings.takeEvents(batch({happened(EventKind::gave_up), happened(EventKind::application_stopped, ExitReason::shutdown()),
                                  happened(EventKind::application_started)}));
        QCOMPARE(endings.text("shop"), "Application shop has ended.");
    }

    void whatWasLostIsSaid() {
        auto endings = running();
        endings.takeEvents(batch({}, 1000));
        QCOMPARE(endings.text("shop"), "Application shop has ended. Why is not known: events were lost.");
        endings.forgetLoss();
        QCOMPARE(endings.text("shop"), "Application shop has ended.");
    }

private:
    ApplicationEndings running() {
        return ApplicationEndings{[this] { return m_running; }};
    }

    std::vector<ApplicationInfo> m_running;
};

QTEST_APPLESS_MAIN(TestApplicationEndings)
#include "tst_application_endings.moc"
