// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/kill_watch.hpp"

#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace fiberscope;
using namespace fiberscope::widgets;

namespace {

const Pid shard{1, 90, 0};
const Pid supervisor{1, 80, 0};
const Pid successor{1, 131, 0};

ProcessDetails victim(Pid pid, const QString& name) {
    ProcessDetails details;
    details.pid = pid;
    details.alive = true;
    details.name = name;
    details.row.parent = supervisor;
    return details;
}

Event exitOf(Pid pid, ExitReason reason = ExitReason::killed()) {
    Event event;
    event.kind = EventKind::exit;
    event.pid = pid;
    event.reason = std::move(reason);
    return event;
}

Event restartOf(Pid oldPid, Pid newPid) {
    Event event;
    event.kind = EventKind::restart;
    event.pid = newPid;
    event.old_pid = oldPid;
    event.supervisor = supervisor;
    event.supervisor_name = "kv_sup";
    event.reason = ExitReason::killed();
    event.restart_us = 38;
    return event;
}

EventsSample batch(std::vector<Event> events) {
    auto sample = std::make_shared<EventBatch>();
    sample->events = std::move(events);
    return sample;
}

/// The text as it reads, without its links.
QString plain(const KillWatch& watch) {
    auto text = killText(watch.outcomes());
    text.remove(QRegularExpression{"<[^>]*>"}).replace("&lt;", "<").replace("&gt;", ">");
    return text;
}

} // namespace

/// What the window says of a kill.
class TestKillWatch : public QObject {
    Q_OBJECT

private slots:
    void restarted() {
        KillWatch watch;
        QSignalSpy changed{&watch, &KillWatch::changed};
        watch.watch({victim(shard, "kv_shard_2")});
        watch.takeEvents(batch({exitOf(shard), restartOf(shard, successor)}));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(plain(watch), "kv_shard_2 <0.90.0> killed; kv_sup restarted it as <0.131.0> after 38 µs");
        QVERIFY(killText(watch.outcomes()).contains(QStringLiteral("pid:%1").arg(successor.bits())));
        watch.expire();
        QCOMPARE(changed.size(), 1);
    }

    void abandoned() {
        KillWatch watch;
        watch.watch({victim(shard, "kv_shard_2")});
        Event exit = exitOf(shard);
        exit.abandoned = true;
        watch.takeEvents(batch({exit, restartOf(shard, successor)}));
        QCOMPARE(plain(watch), "kv_shard_2 <0.90.0> killed (abandoned); kv_sup restarted it as <0.131.0> after 38 µs");
    }

    void restartInALaterBatch() {
        KillWatch watch;
        watch.watch({victim(shard, "kv_shard_2")});
        watch.takeEvents(batch({exitOf(shard)}));
        QCOMPARE(plain(watch), "kv_shard_2 <0.90.0> killed");
        watch.takeEvents(batch({restartOf(shard, successor)}));
        QVERIFY(plain(watch).contains("restarted it as <0.131.0>"));
    }

    void nobodyRestartedIt() {
        KillWatch watch;
        watch.watch({victim(shard, "client")});
        watch.takeEvents(batch({exitOf(shard)}));
        watch.expire();
        QCOMPARE(plain(watch), "client <0.90.0> killed; nobody restarted it");
    }

    void supervisorGaveUp() {
        KillWatch watch;
        watch.watch({victim(shard, "worker")});
        auto gaveUp = exitOf(supervisor, ExitReason::shutdown());
        gaveUp.kind = EventKind::gave_up;
        gaveUp.supervisor_name = "crash_sup";
        watch.takeEvents(batch({exitOf(shard), gaveUp}));
        QCOMPARE(plain(watch), "worker <0.90.0> killed; crash_sup reached its restart intensity and gave up");
    }

    void stillAliveUntilItsExitComes() {
        KillWatch watch;
        watch.watch({victim(shard, "burner")});
        watch.expire();
        QVERIFY(plain(watch).startsWith("burner <0.90.0> is still alive"));
        watch.takeEvents(batch({exitOf(shard)}));
        QCOMPARE(plain(watch), "burner <0.90.0> killed");
        watch.expire();
        QVERIFY(plain(watch).endsWith("nobody restarted it"));
    }

    void anotherReasonIsTold() {
        KillWatch watch;
        watch.watch({victim(shard, "task")});
        watch.takeEvents(batch({exitOf(shard, ExitReason::normal())}));
        QCOMPARE(plain(watch), "task <0.90.0> ended with normal");
    }

    void severalAreSummedUp() {
        KillWatch watch;
        QList<ProcessDetails> victims;
        std::vector<Event> events;
        for (std::uint32_t slot = 1; slot <= 5; ++slot) {
            const Pid pid{1, slot, 0};
            victims += victim(pid, "shard");
            events.push_back(exitOf(pid));
            if (slot > 1)
                events.push_back(restartOf(pid, Pid{1, slot + 100, 0}));
        }
        watch.watch(victims);
        watch.takeEvents(batch(events));
        watch.expire();
        QCOMPARE(plain(watch), "5 processes killed, 4 restarted, 1 not restarted");
    }

    void eventsOfOthersAreNoNews() {
        KillWatch watch;
        QSignalSpy changed{&watch, &KillWatch::changed};
        watch.watch({victim(shard, "kv_shard_2")});
        watch.takeEvents(batch({exitOf(successor), restartOf(successor, supervisor)}));
        QCOMPARE(changed.size(), 0);
    }

    void namesAreEscaped() {
        KillWatch watch;
        watch.watch({victim(shard, "<b>bold</b>")});
        QVERIFY(killText(watch.outcomes()).contains("&lt;b&gt;bold"));
    }
};

QTEST_GUILESS_MAIN(TestKillWatch)
#include "tst_kill_watch.moc"
