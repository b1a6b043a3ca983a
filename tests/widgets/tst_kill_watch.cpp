// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/kill_watch.hpp"

#include <QHash>
#include <QRegularExpression>
#include <QSet>
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

EventsSample lostBatch(std::uint64_t lost) {
    auto sample = std::make_shared<EventBatch>();
    sample->lost = lost;
    return sample;
}

/// Counts who was sent a signal.
KillAccess everySecondIsReached(std::uint32_t& told) {
    return {[&told](Pid, const ExitReason&) { return ++told % 2 == 0; }, [](Pid) { return false; },
            [](const QString&) { return Pid{}; }};
}

QList<Pid> crowd(std::uint32_t size) {
    QList<Pid> pids;
    for (std::uint32_t slot = 1; slot <= size; ++slot)
        pids += Pid{1, slot, 0};
    return pids;
}

/// A node of which only is known who is alive and who has which name.
struct Truth {
    QSet<quint64> alive;
    QHash<QString, Pid> names;

    KillAccess access() {
        return {[this](Pid pid, const ExitReason&) { return alive.contains(pid.bits()); },
                [this](Pid pid) { return alive.contains(pid.bits()); },
                [this](const QString& name) { return names.value(name); }};
    }
};

/// A watch over processes that are alive, unless said otherwise.
struct Watched {
    Truth truth;
    KillWatch watch;

    explicit Watched(const QList<ProcessDetails>& victims) : watch{pidsOf(victims), truth.access()} {
        for (const auto& victim : victims)
            truth.alive.insert(victim.pid.bits());
        watch.describe(victims);
    }
    static QList<Pid> pidsOf(const QList<ProcessDetails>& victims) {
        QList<Pid> pids;
        for (const auto& victim : victims)
            pids += victim.pid;
        return pids;
    }
    void end(Pid pid) { truth.alive.remove(pid.bits()); }
};

/// The text as it reads, without its links.
QString plain(const KillWatch& watch) {
    auto text = killText(watch.report());
    text.remove(QRegularExpression{"<[^>]*>"}).replace("&lt;", "<").replace("&gt;", ">");
    return text;
}

} // namespace

/// What the window says of a kill.
class TestKillWatch : public QObject {
    Q_OBJECT

private slots:
    void restarted() {
        Watched watched{{victim(shard, "kv_shard_2")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        QSignalSpy changed{&watch, &KillWatch::changed};
        watch.takeEvents(batch({exitOf(shard), restartOf(shard, successor)}));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(plain(watch), "kv_shard_2 <0.90.0> killed; kv_sup restarted it as <0.131.0> after 38 µs");
        QVERIFY(killText(watch.report()).contains(QStringLiteral("pid:%1").arg(successor.bits())));
        watch.expire();
        QCOMPARE(changed.size(), 1);
    }

    void abandoned() {
        Watched watched{{victim(shard, "kv_shard_2")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        Event exit = exitOf(shard);
        exit.abandoned = true;
        watch.takeEvents(batch({exit, restartOf(shard, successor)}));
        QCOMPARE(plain(watch), "kv_shard_2 <0.90.0> killed (abandoned); kv_sup restarted it as <0.131.0> after 38 µs");
    }

    void restartInALaterBatch() {
        Watched watched{{victim(shard, "kv_shard_2")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        watch.takeEvents(batch({exitOf(shard)}));
        QCOMPARE(plain(watch), "kv_shard_2 <0.90.0> killed");
        watch.takeEvents(batch({restartOf(shard, successor)}));
        QVERIFY(plain(watch).contains("restarted it as <0.131.0>"));
    }

    void nobodyRestartedIt() {
        Watched watched{{victim(shard, "client")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        watch.takeEvents(batch({exitOf(shard)}));
        watch.expire();
        QCOMPARE(plain(watch), "client <0.90.0> killed; nobody restarted it");
    }

    void supervisorGaveUp() {
        Watched watched{{victim(shard, "worker")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        auto gaveUp = exitOf(supervisor, ExitReason::shutdown());
        gaveUp.kind = EventKind::gave_up;
        gaveUp.supervisor_name = "crash_sup";
        watch.takeEvents(batch({exitOf(shard), gaveUp}));
        QCOMPARE(plain(watch), "worker <0.90.0> killed; crash_sup reached its restart intensity and gave up");
    }

    void stillAliveUntilItsExitComes() {
        Watched watched{{victim(shard, "burner")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        watch.expire();
        QVERIFY(plain(watch).startsWith("burner <0.90.0> is still alive"));
        watch.takeEvents(batch({exitOf(shard)}));
        QCOMPARE(plain(watch), "burner <0.90.0> killed");
        watch.expire();
        QVERIFY(plain(watch).endsWith("nobody restarted it"));
    }

    void anotherReasonIsTold() {
        Watched watched{{victim(shard, "task")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        watch.takeEvents(batch({exitOf(shard, ExitReason::normal())}));
        QCOMPARE(plain(watch), "task <0.90.0> ended with normal");
    }

    void severalAreSummedUp() {
        QList<ProcessDetails> victims;
        std::vector<Event> events;
        for (std::uint32_t slot = 1; slot <= 5; ++slot) {
            const Pid pid{1, slot, 0};
            victims += victim(pid, "shard");
            events.push_back(exitOf(pid));
            if (slot > 1)
                events.push_back(restartOf(pid, Pid{1, slot + 100, 0}));
        }
        Watched watched{victims};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        watch.takeEvents(batch(events));
        watch.expire();
        QCOMPARE(plain(watch), "5 processes killed, 4 restarted, 1 not restarted");
    }

    void oneOfSeveralIsSingular() {
        Watched watched{{victim(shard, "a"), victim(successor, "b")}};
        watched.end(successor);
        watched.watch.send(ExitReason{Term::atom("oops")});
        QCOMPARE(plain(watched.watch), "Exit signal oops sent to 1 process, 1 had ended already");
        watched.watch.takeEvents(lostBatch(1));
        watched.end(shard);
        watched.watch.takeEvents(batch({exitOf(shard)}));
        watched.watch.takeEvents(batch({restartOf(successor, Pid{1, 140, 0})}));
        watched.watch.expire();
        QVERIFY2(plain(watched.watch).endsWith("; of 1 it is not known whether it was restarted: events were lost"),
                 qPrintable(plain(watched.watch)));
    }

    void foreignTextsStayInTheirPlaces() {
        const QString hebrew = QString::fromUtf8("שלום");
        Watched watched{{victim(shard, hebrew)}};
        watched.watch.send(ExitReason::kill());
        watched.watch.takeEvents(batch({exitOf(shard, ExitReason{Term::string("a\nb")})}));
        QVERIFY2(
            plain(watched.watch).startsWith(QStringLiteral("\u200E\u2068") + hebrew + QChar{0x2069} + " <0.90.0> ended with "),
            qPrintable(plain(watched.watch)));
        QVERIFY(!plain(watched.watch).contains('\n'));
    }

    /// However many they are, the GUI thread is free again after some milliseconds.
    void manyAreSentItInSlices() {
        constexpr std::uint32_t many = 200'000;
        std::uint32_t told = 0;
        QObject owner;
        auto* watch = new KillWatch{crowd(many), everySecondIsReached(told), &owner};
        watch->send(ExitReason::kill());
        QVERIFY2(told > 0 && told < 10'000, qPrintable(QString::number(told)));
        QVERIFY(plain(*watch).contains("to go"));
        watch->expire(); // the time runs from the last of them on
        QCOMPARE(watch->report().count(KillOutcome::State::stillAlive) + watch->report().count(KillOutcome::State::lost), 0);
        QTRY_COMPARE(told, many);
        QCOMPARE(watch->report().hadEnded, many / 2);
    }

    void allGetTheSignalThoughNobodyFollowsThemAnyMore() {
        constexpr std::uint32_t many = 20'000;
        std::uint32_t told = 0;
        QObject owner;
        auto* watch = new KillWatch{crowd(many), everySecondIsReached(told), &owner};
        watch->send(ExitReason::kill());
        delete watch;
        QTRY_COMPARE(told, many);
    }

    void whatEndedDuringTheQuestionHadEndedAlready() {
        Watched watched{{victim(shard, "kv_shard_2")}};
        auto& watch = watched.watch;
        QSignalSpy changed{&watch, &KillWatch::changed};
        watched.end(shard);
        watch.takeEvents(batch({exitOf(shard, ExitReason::normal()), restartOf(shard, successor)}));
        QCOMPARE(changed.size(), 0);
        watch.send(ExitReason::kill());
        QCOMPARE(plain(watch),
                 "kv_shard_2 <0.90.0> had ended already, with normal; kv_sup restarted it as <0.131.0> after 38 µs");
        watch.expire();
        QVERIFY(plain(watch).contains("had ended already"));
    }

    void whatNobodyFollowedHadEndedAlready() {
        Watched watched{{victim(shard, "client")}};
        watched.end(shard);
        watched.watch.send(ExitReason::kill());
        watched.watch.expire();
        QCOMPARE(plain(watched.watch), "client <0.90.0> had ended already");
    }

    void whatWasPolledBeforeIsRecalled() {
        KillWatch watch{{shard}, Truth{}.access()};
        auto exit = exitOf(shard);
        exit.name = "kv_shard_2";
        watch.recall(batch({exit, restartOf(shard, successor)}));
        watch.tellEnded();
        QCOMPARE(plain(watch),
                 "kv_shard_2 <0.90.0> had ended already, with killed; kv_sup restarted it as <0.131.0> after 38 µs");
    }

    /// A supervisor that is killed takes its children along before the signal gets to them.
    void childrenEndWithTheirSupervisorOfTheSameDeed() {
        const Pid gone{1, 91, 0};
        Truth truth;
        truth.alive = {supervisor.bits(), shard.bits(), successor.bits()};
        auto access = truth.access();
        access.exit = [&truth](Pid pid, const ExitReason&) {
            const bool wasAlive = truth.alive.contains(pid.bits());
            if (pid == supervisor)
                truth.alive.clear();
            return wasAlive;
        };
        auto root = victim(supervisor, "kv_sup");
        root.row.parent = {};
        auto grandchild = victim(successor, "kv_task");
        grandchild.row.parent = shard;
        KillWatch watch{{supervisor, successor, shard, gone}, access};
        watch.describe({root, grandchild, victim(shard, "kv_shard_2"), victim(gone, "kv_shard_3")});
        watch.takeEvents(batch({exitOf(gone)})); // while the user is asked
        watch.send(ExitReason::kill());
        QCOMPARE(plain(watch), "0 processes killed, 2 ended with their supervisor, 1 had ended already, 1 to go");
        watch.takeEvents(batch({exitOf(supervisor), exitOf(shard), exitOf(successor)}));
        QCOMPARE(plain(watch), "1 process killed, 2 ended with their supervisor, 1 had ended already");
    }

    void severalThatHadEnded() {
        Watched watched{{victim(shard, "a"), victim(successor, "b")}};
        watched.watch.tellEnded();
        QCOMPARE(plain(watched.watch), "2 processes had ended already");
        watched.watch.expire();
        QCOMPARE(plain(watched.watch), "2 processes had ended already; whether they were restarted is not known");
    }

    void lostEventsMakeNobodyAlive() {
        QList<ProcessDetails> victims;
        for (std::uint32_t slot = 1; slot <= 1200; ++slot)
            victims += victim({1, slot, 0}, "process");
        Watched watched{victims};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        for (const auto& each : victims)
            watched.end(each.pid);
        watch.takeEvents(batch({exitOf({1, 1, 0}), restartOf({1, 1, 0}, successor)}));
        watch.takeEvents(lostBatch(2398));
        watch.expire();
        QCOMPARE(plain(watch),
                 "1,200 processes killed, 1 restarted; of 1,199 it is not known whether they were restarted: events "
                 "were lost");
    }

    void theSuccessorIsFoundByItsNameWhereEventsWereLost() {
        auto named = victim(shard, "kv_shard_2");
        named.row.registered_name = 1;
        Watched watched{{named}};
        watched.watch.send(ExitReason::kill());
        watched.end(shard);
        watched.truth.names["kv_shard_2"] = successor;
        watched.watch.takeEvents(lostBatch(1));
        watched.watch.expire();
        QCOMPARE(plain(watched.watch), "kv_shard_2 <0.90.0> has ended; kv_shard_2 is <0.131.0> now");
    }

    void aLateEndIsFoundAlthoughItsEventWasLost() {
        Watched watched{{victim(shard, "burner")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        watch.expire();
        QVERIFY(plain(watch).contains("still alive"));
        watched.end(shard);
        watch.takeEvents(lostBatch(1));
        watch.expire();
        QCOMPARE(plain(watch), "burner <0.90.0> has ended; whether it was restarted is not known: events were lost");
    }

    void anExitThatIsOnItsWayIsWaitedFor() {
        Watched watched{{victim(shard, "client")}};
        watched.watch.send(ExitReason::kill());
        watched.end(shard);
        watched.watch.expire();
        QCOMPARE(plain(watched.watch), "client <0.90.0>: kill sent");
        watched.watch.takeEvents(batch({exitOf(shard)}));
        watched.watch.expire();
        QCOMPARE(plain(watched.watch), "client <0.90.0> killed; nobody restarted it");
    }

    void anExitSignalTellsTheRestartToo() {
        Watched watched{{victim(shard, "kv_shard_2")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::shutdown());
        QCOMPARE(plain(watch), "Exit signal shutdown sent to kv_shard_2 <0.90.0>");
        auto restart = restartOf(shard, successor);
        restart.reason = ExitReason::shutdown();
        watch.takeEvents(batch({exitOf(shard, ExitReason::shutdown()), restart}));
        QCOMPARE(plain(watch), "Exit signal shutdown sent to kv_shard_2 <0.90.0>: it ended with shutdown; kv_sup restarted it as "
                               "<0.131.0> after 38 µs");
    }

    void anotherDeedIsFollowedToo() {
        Watched watched{{victim(shard, "faults_heap")}};
        watched.watch.follow("Fill the heap");
        QCOMPARE(plain(watched.watch), "Fill the heap in faults_heap <0.90.0>");
        auto exit = exitOf(shard);
        exit.note = "heap over 1000000 bytes";
        watched.watch.takeEvents(batch({exit, restartOf(shard, successor)}));
        QCOMPARE(plain(watched.watch), "Fill the heap in faults_heap <0.90.0>: it ended with killed (heap over 1000000 bytes); "
                                       "kv_sup restarted it as <0.131.0> after 38 µs");
    }

    void whoTrapsExitsGoesOn() {
        auto trapping = victim(shard, "logger");
        trapping.row.flags |= ProcessRow::trap_exit_flag;
        Watched watched{{trapping}};
        watched.watch.send(ExitReason::shutdown());
        watched.watch.expire();
        QCOMPARE(plain(watched.watch),
                 "Exit signal shutdown sent to logger <0.90.0>, which goes on: it traps exits and got it as a message");
    }

    void eventsOfOthersAreNoNews() {
        Watched watched{{victim(shard, "kv_shard_2")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        QSignalSpy changed{&watch, &KillWatch::changed};
        watch.takeEvents(batch({exitOf(successor), restartOf(successor, supervisor)}));
        QCOMPARE(changed.size(), 0);
    }

    void namesAreEscaped() {
        Watched watched{{victim(shard, "<b>bold</b>")}};
        auto& watch = watched.watch;
        watch.send(ExitReason::kill());
        QVERIFY(killText(watch.report()).contains("&lt;b&gt;bold"));
    }
};

QTEST_GUILESS_MAIN(TestKillWatch)
#include "tst_kill_watch.moc"
