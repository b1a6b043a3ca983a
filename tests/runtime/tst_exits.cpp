// SPDX-License-Identifier: BSL-1.0
/// Corners of exit signals: what others see while a process goes, and signals to oneself. Rules in the ids of OTP's list.
#include "process_fixture.hpp"

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

namespace {

/// Goes to the back of the run queue while its process unwinds.
struct SlowToGo {
    Process& self;
    ~SlowToGo() { self.yield(); }
};

} // namespace

class TestExits : public QObject {
    Q_OBJECT

private slots:
    void noproc_comes_when_the_process_is_gone();
    void suspended_process_unwinds_when_killed();
    void trapped_exit_to_itself_waits_for_receive_data();
    void trapped_exit_to_itself_waits_for_receive();
    void end_of_suspender_resumes();
    void resume_of_anothers_suspension_is_badarg();
};

void TestExits::noproc_comes_when_the_process_is_gone() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const Pid victim = me->spawn([](Process& self) {
        const SlowToGo slow{self};
        self.receive<Tick>();
    });
    QVERIFY(node.wait_until_quiet(5s));
    me->spawn([to = me->pid(), victim](Process& self) {
        self.exit(victim, Term::atom("boom"));
        self.monitor(victim); // is handled together with the exit signal, by a process that is to end but has not yet
        const Down down = self.receive<Down>();
        self.send(to, Tick{self.is_alive(down.pid) ? 1 : 0});
    });
    const auto alive = me->receive_for<Tick>(5s);
    QVERIFY(alive);
    QCOMPARE(alive->number, 0); // P11
}

void TestExits::suspended_process_unwinds_when_killed() {
    struct Sleeper {
        Process& self;
        ~Sleeper() { self.sleep(1h); } // returns at once: nothing is waited for while a process unwinds
    };
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) {
        const Sleeper sleeper{self};
        self.receive<Tick>();
    });
    QVERIFY(node.wait_until_quiet(5s)); // it waits: one that had not begun would have nothing to unwind
    me->suspend(pid);
    QVERIFY(node.wait_until_quiet(5s));
    me->exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"}); // Z01
}

void TestExits::trapped_exit_to_itself_waits_for_receive_data() {
    QTest::addColumn<bool>("stop_trapping");
    QTest::addColumn<QString>("reason");
    QTest::addRow("still trapping") << false << "got boom";
    QTest::addRow("no longer trapping") << true << "boom";
}

void TestExits::trapped_exit_to_itself_waits_for_receive() {
    QFETCH(bool, stop_trapping);
    QFETCH(QString, reason);
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([stop_trapping](Process& self) {
        self.trap_exit(true);
        self.exit(self.pid(), Term::atom("boom"));
        self.trap_exit(!stop_trapping); // X04: what counts is the flag when the signal is handled
        const Exit exit = self.receive<Exit>();
        self.exit(Term::atom("got " + to_string(exit.reason)));
    });
    const std::string end = to_string(reason_of_end(me, pid, monitor));
    QCOMPARE(QString::fromStdString(end).remove('\''), reason);
}

/// A process that answers each Tick with a Tock.
Pid spawn_echo(ExternalProcess& me) {
    return me->spawn([to = me->pid()](Process& self) {
        for (;;)
            self.send(to, Tock{self.receive<Tick>().number});
    });
}

void TestExits::end_of_suspender_resumes() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const Pid echo = spawn_echo(me);
    const Pid suspender = me->spawn([echo](Process& self) {
        self.suspend(echo);
        self.suspend(echo);
        self.receive<Tick>();
    });
    QVERIFY(node.wait_until_quiet(5s));
    me->send(echo, Tick{7});
    QVERIFY(node.wait_until_quiet(5s));
    QVERIFY(!me->receive_for<Tock>(0s));
    me->exit(suspender, ExitReason::kill());
    const auto answer = me->receive_for<Tock>(5s); // Z01: its death takes its counts back
    QVERIFY(answer);
    QCOMPARE(answer->number, 7);
}

void TestExits::resume_of_anothers_suspension_is_badarg() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const Pid echo = spawn_echo(me);
    const auto resume = [&me, echo] {
        try {
            me->resume(echo);
        } catch (const Error& error) {
            return to_string(error.term);
        }
        return std::string{"ok"};
    };
    QVERIFY(node.suspend(echo)); // by the outside, not by this process
    QCOMPARE(resume(), std::string{"badarg"});
    QVERIFY(node.resume(echo));
    me->suspend(echo);
    me->suspend(echo);
    QCOMPARE(resume(), std::string{"ok"});
    QCOMPARE(resume(), std::string{"ok"});
    QCOMPARE(resume(), std::string{"badarg"});
    me->send(echo, Tick{1});
    QVERIFY(me->receive_for<Tock>(5s));
}

QTEST_APPLESS_MAIN(TestExits)
#include "tst_exits.moc"
