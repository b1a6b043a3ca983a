// SPDX-License-Identifier: BSL-1.0
/// Plain processes: spawn, messages, receive, ends, links, monitors, names, timers. Rules in the ids of OTP's list.
#include "heap_in_use.hpp"
#include "process_fixture.hpp"

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

class TestProcess : public QObject {
    Q_OBJECT

private slots:
    void nodes_that_live_have_different_ids();
    void message_order_data() { add_scheduler_rows(); }
    void message_order();
    void selective_receive();
    void receive_timeout_is_never_early();
    void end_reasons_data();
    void end_reasons();
    void monitor_of_dead_is_noproc();
    void link_spreads_reason_data() { add_scheduler_rows(); }
    void link_spreads_reason();
    void trapped_exit_is_a_message();
    void kill_runs_destructors_data() { add_scheduler_rows(); }
    void kill_runs_destructors();
    void kill_of_a_computing_process();
    void swallowed_exit_comes_again();
    void names_follow_the_rules();
    void stale_pid_reaches_nobody();
    void pids_of_new_processes_are_near_each_other_data() { add_scheduler_rows(); }
    void pids_of_new_processes_are_near_each_other();
    void timers_fire_cancel_and_die_with_their_target();
    void suspend_and_resume();
    void exceptions_stay_with_their_process();
    void errno_stays_with_its_process();
    void process_limit_is_system_limit();
    void dictionary_and_label();
    void timers_that_never_fire_are_given_back();
};

void TestProcess::message_order() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    const Pid receiver = me->spawn([to = me->pid()](Process& self) {
        for (int expected = 0; expected < 20'000; ++expected)
            if (self.receive<Tick>().number != expected)
                self.exit(Term::atom("out_of_order"));
        self.send(to, Tock{1});
    });
    me->spawn([receiver](Process& self) {
        for (int i = 0; i < 20'000; ++i)
            self.send(receiver, Tick{i});
    });
    QVERIFY(me->receive_for<Tock>(20s).has_value());
}

void TestProcess::selective_receive() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    for (int i = 0; i < 3; ++i) {
        me->send(me->pid(), Tick{i});
        me->send(me->pid(), Tock{i});
    }
    // R01: the oldest that matches; the others keep their order
    QCOMPARE(me->receive(on<Tock>([](Tock tock) { return tock.number; })), 0);
    QCOMPARE(me->receive(on<Tick>([](const Tick& tick) { return tick.number == 2; }, [](Tick tick) { return tick.number; })), 2);
    QCOMPARE(me->receive(on<Tick>([](Tick tick) { return tick.number; }), on<Tock>([](Tock tock) { return 10 + tock.number; })),
             0);
    QCOMPARE(me->receive(on<Tock>([](Tock tock) { return tock.number; }), after(0s, [] { return -1; })), 1);
    QCOMPARE(me->message_queue_length(), std::size_t{2});
    QCOMPARE(me->receive(on<int>([](int value) { return value; }), after(0s, [] { return -1; })), -1);
}

void TestProcess::receive_timeout_is_never_early() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    for (int i = 0; i < 20; ++i)
        me->spawn([to = me->pid(), i](Process& self) {
            const auto began = std::chrono::steady_clock::now();
            self.receive(after(std::chrono::milliseconds{1 + i}));
            self.send(to, std::chrono::steady_clock::now() - began >= std::chrono::milliseconds{1 + i});
        });
    for (int i = 0; i < 20; ++i)
        QCOMPARE(me->receive_for<bool>(10s), std::optional{true});
}

void TestProcess::end_reasons_data() {
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("reason");
    QTest::addRow("return") << "return"
                            << "normal";
    QTest::addRow("exit") << "exit"
                          << "{shutdown,x}";
    QTest::addRow("exception") << "exception"
                               << R"({error,"boom"})";
    QTest::addRow("error") << "error"
                           << "{error,boom}";
    QTest::addRow("nocatch") << "nocatch"
                             << "{nocatch,int}";
    QTest::addRow("exit kill") << "exit kill"
                               << "kill";
}

void TestProcess::end_reasons() {
    QFETCH(QString, how);
    QFETCH(QString, reason);
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([how](Process& self) {
        if (how == "exit")
            self.exit(ExitReason::shutdown(Term::atom("x")));
        if (how == "exception")
            throw std::runtime_error{"boom"};
        if (how == "error")
            throw Error{Term::atom("boom")};
        if (how == "nocatch")
            throw 42;
        if (how == "exit kill")
            self.exit(ExitReason::kill());
    });
    QCOMPARE(QString::fromStdString(to_string(reason_of_end(me, pid, monitor))), reason);
}

void TestProcess::monitor_of_dead_is_noproc() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const auto [pid, first] = me->spawn_monitor([](Process&) {});
    QVERIFY(reason_of_end(me, pid, first).is_normal());
    QVERIFY(!node.is_alive(pid)); // P11
    const MonitorRef second = me->monitor(pid);
    QCOMPARE(to_string(reason_of_end(me, pid, second)), std::string{"noproc"});
    const MonitorRef by_name = me->monitor("nobody");
    QVERIFY(me->receive(on<Down>([&](Down down) { return down.ref == by_name && down.name == Atom{"nobody"}; }),
                        after(5s, [] { return false; })));
}

void TestProcess::link_spreads_reason() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    // a chain of ten: the reason spreads from the last to the first (X09)
    const auto [first, monitor] = me->spawn_monitor([](Process& self) {
        std::function<void(Process&, int)> link_next = [&link_next](Process& process, int left) {
            if (left == 0)
                process.exit(Term::atom("boom"));
            process.spawn_link([link_next, left](Process& next) { link_next(next, left - 1); });
            process.receive<Tick>();
        };
        link_next(self, 10);
    });
    QCOMPARE(to_string(reason_of_end(me, first, monitor)), std::string{"boom"});
}

void TestProcess::trapped_exit_is_a_message() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    me->trap_exit(true);
    const Pid normal = me->spawn_link([](Process&) {});
    QCOMPARE(me->receive(on<Exit>([](Exit exit) { return exit.from; })), normal);
    const Pid killed = me->spawn_link([](Process& self) { self.receive<Tick>(); });
    me->exit(killed, ExitReason::kill());
    QCOMPARE(to_string(me->receive(on<Exit>([](Exit exit) { return exit.reason; }))), std::string{"killed"}); // X05
    QVERIFY(node.send(me->pid(), Tick{1}));
    node.exit(me->pid(), Term::atom("please"));
    QCOMPARE(to_string(me->receive(on<Exit>([](Exit exit) { return exit.reason; }))), std::string{"please"});
}

void TestProcess::kill_runs_destructors() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    std::atomic<int> destroyed{0};
    std::vector<std::pair<Pid, MonitorRef>> processes;
    for (int i = 0; i < 100; ++i)
        processes.push_back(me->spawn_monitor([&destroyed](Process& self) {
            const Witness witness{destroyed};
            self.trap_exit(true);
            self.receive<Tick>();
        }));
    QVERIFY(node.wait_until_quiet(10s)); // all wait: one that had not begun would have nothing to unwind
    for (const auto& [pid, monitor] : processes)
        me->exit(pid, ExitReason::kill());
    for (const auto& [pid, monitor] : processes)
        QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QCOMPARE(destroyed.load(), 100);
}

void TestProcess::kill_of_a_computing_process() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) {
        for (;;)
            self.poll();
    });
    me->exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
}

void TestProcess::swallowed_exit_comes_again() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) {
        for (;;)
            try {
                self.receive<Tick>();
            } catch (...) { // NOLINT(bugprone-empty-catch): what a careless body does
                self.yield();
            }
    });
    me->exit(pid, Term::atom("stop"));
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"stop"});
}

void TestProcess::names_follow_the_rules() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    me->register_name("me");
    QCOMPARE(node.whereis("me"), me->pid());
    QVERIFY_EXCEPTION_THROWN(me->register_name("again"), Error);
    const Pid other = me->spawn([](Process& self) { self.receive<Tick>(); }, {.name = "other"});
    QVERIFY_EXCEPTION_THROWN(me->spawn([](Process&) {}, {.name = "other"}), Error);
    QVERIFY_EXCEPTION_THROWN(me->send("nobody", Tick{}), Error); // N03
    const MonitorRef monitor = me->monitor("other");
    me->send("other", Tick{});
    reason_of_end(me, other, monitor);
    QCOMPARE(node.whereis("other"), Pid{}); // N04
    me->unregister_name("me");
    QCOMPARE(node.whereis("me"), Pid{});
}

/// They are what a person reads: those of a fresh node count up, whoever starts them.
void TestProcess::pids_of_new_processes_are_near_each_other() {
    QFETCH(unsigned, count);
    constexpr int rounds = 20;
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    const std::uint32_t first = me->pid().slot();
    for (int i = 0; i < rounds; ++i) {
        const Pid starter = me->spawn([to = me->pid()](Process& self) {
            self.send(to, self.spawn([](Process& child) { child.receive(on<Term>([](const Term&) {})); }));
            self.receive(on<Term>([](const Term&) {}));
        });
        Pid started;
        me->receive(on<Pid>([&started](Pid pid) { started = pid; }));
        const std::uint32_t started_so_far = first + 2U * static_cast<std::uint32_t>(i + 1);
        QVERIFY2(starter.slot() <= started_so_far + 16 * count, qPrintable(QString::number(starter.slot())));
        QVERIFY2(started.slot() <= started_so_far + 16 * count, qPrintable(QString::number(started.slot())));
    }
}

void TestProcess::stale_pid_reaches_nobody() {
    NodeConfig config = with_schedulers(1);
    config.process_limit = 32;
    Node node{config};
    ExternalProcess me = node.attach();
    std::set<Pid> seen;
    for (int i = 0; i < 2000; ++i) {
        const auto [pid, monitor] = me->spawn_monitor([](Process&) {});
        reason_of_end(me, pid, monitor);
        QVERIFY(seen.insert(pid).second);
        QVERIFY(!node.send(pid, Tick{}));
    }
}

void TestProcess::timers_fire_cancel_and_die_with_their_target() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    me->send_after(20ms, me->pid(), Tick{2});
    me->send_after(1ms, me->pid(), Tick{1});
    QCOMPARE(me->receive<Tick>().number, 1); // T05
    QCOMPARE(me->receive<Tick>().number, 2);
    const TimerRef timer = me->start_timer(1ms, me->pid(), Term::atom("late"));
    QCOMPARE(me->receive(on<Timeout>([](Timeout timeout) { return timeout.ref; })).bits(), timer.bits());
    QVERIFY(!me->cancel_timer(timer)); // T02
    const TimerRef cancelled = me->send_after(1h, me->pid(), Tick{3});
    QVERIFY(me->read_timer(cancelled).value() > 59min);
    QVERIFY(me->cancel_timer(cancelled));
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) { self.receive<Tick>(); });
    const TimerRef orphan = me->send_after(1h, pid, Tick{});
    QVERIFY(me->read_timer(orphan));
    me->exit(pid, ExitReason::kill());
    reason_of_end(me, pid, monitor);
    QVERIFY(!me->read_timer(orphan)); // T04
    QCOMPARE(node.snapshot().node.timers, 0U);
}

void TestProcess::suspend_and_resume() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const Pid echo = me->spawn([to = me->pid()](Process& self) {
        for (;;)
            self.send(to, Tock{self.receive<Tick>().number});
    });
    me->suspend(echo);
    me->send(echo, Tick{7});
    QVERIFY(node.wait_until_quiet(5s));
    QCOMPARE(me->receive(on<Tock>([](Tock) { return true; }), after(0s, [] { return false; })), false);
    me->resume(echo);
    QCOMPARE(me->receive<Tock>().number, 7);
    me->suspend(echo);
    const MonitorRef monitor = me->monitor(echo);
    me->exit(echo, ExitReason::kill()); // Z01: exit signals still kill
    QCOMPARE(to_string(reason_of_end(me, echo, monitor)), std::string{"killed"});
}

void TestProcess::exceptions_stay_with_their_process() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    for (int i = 0; i < 2; ++i)
        me->spawn([to = me->pid(), i](Process& self) {
            for (int round = 0; round < 100; ++round)
                try {
                    throw round * 2 + i;
                } catch (...) {
                    self.yield();
                    try {
                        throw;
                    } catch (int value) {
                        if (value != round * 2 + i)
                            self.exit(Term::atom("foreign_exception"));
                    }
                }
            self.send(to, Tick{i});
        });
    QVERIFY(me->receive_for<Tick>(10s));
    QVERIFY(me->receive_for<Tick>(10s));
}

void TestProcess::errno_stays_with_its_process() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    for (int i = 1; i <= 2; ++i)
        me->spawn([to = me->pid(), i](Process& self) {
            bool kept = true;
            for (int round = 0; round < 100; ++round) {
                errno = i;
                self.yield();
                kept = kept && errno == i;
            }
            self.send(to, kept);
        });
    QCOMPARE(me->receive_for<bool>(10s), std::optional{true});
    QCOMPARE(me->receive_for<bool>(10s), std::optional{true});
}

void TestProcess::process_limit_is_system_limit() {
    NodeConfig config = with_schedulers(2);
    config.process_limit = 100;
    Node node{config};
    std::vector<Pid> pids;
    try {
        for (int i = 0; i < 200; ++i)
            pids.push_back(node.spawn([](Process& self) { self.receive<Tick>(); }));
        QFAIL("no limit");
    } catch (const Error& error) {
        QCOMPARE(to_string(error.term), std::string{"system_limit"});
    }
    QCOMPARE(node.process_count(), 100U);
    for (const Pid pid : pids)
        node.exit(pid, ExitReason::kill());
    QVERIFY(node.wait_until_quiet(5s));
    node.spawn([](Process&) {});
}

void TestProcess::dictionary_and_label() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const Pid pid = me->spawn([to = me->pid()](Process& self) {
        self.set_label("the label");
        self.put(Atom{"key"}, 1);
        self.send(to, Tick{static_cast<int>(self.put(Atom{"key"}, 2).as_integer())});
        self.send(to, Tick{static_cast<int>(self.get(Atom{"key"}).as_integer())});
        self.receive<Tick>();
        self.set_label(std::string(62, 'x') + "ü"); // no character is cut
        self.receive<Tick>();
    });
    QCOMPARE(me->receive<Tick>().number, 1);
    QCOMPARE(me->receive<Tick>().number, 2);
    QVERIFY(node.wait_until_quiet(5s));
    QCOMPARE(node.snapshot().label(pid), std::string_view{"the label"});
    me->send(pid, Tick{});
    QVERIFY(node.wait_until_quiet(5s));
    QCOMPARE(std::string{node.snapshot().label(pid)}, std::string(62, 'x'));
}

void TestProcess::timers_that_never_fire_are_given_back() {
    constexpr int count = 200'000; // 9 MB of entries
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const std::size_t before = heap_bytes();
    for (int i = 0; i < count; ++i) // of a scheduler that the caller is not on
        QVERIFY(me->cancel_timer(me->start_timer(1h, me->pid(), 1)));
    for (int i = 0; i < count / 100; ++i)
        me->spawn([](Process& self) {
            for (int each = 0; each < 100; ++each)
                self.start_timer(1h, self.pid(), 1);
        });
    QVERIFY(node.wait_until_quiet(20s));
    QCOMPARE(node.snapshot().node.timers, 0U);
    const std::size_t after = heap_bytes();
    QVERIFY2(after < before + 6'000'000, std::to_string(after - before).c_str());
}

void TestProcess::nodes_that_live_have_different_ids() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    for (int i = 0; i < 1100; ++i) { // more than there are ids
        Node other{with_schedulers(1)};
        QVERIFY(other.id() != node.id());
        QVERIFY(!other.is_alive(me->pid()));
    }
}

QTEST_APPLESS_MAIN(TestProcess)
#include "tst_process.moc"
