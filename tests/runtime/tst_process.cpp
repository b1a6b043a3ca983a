// SPDX-License-Identifier: BSL-1.0
/// Plain processes: spawn, messages, receive, ends, links, monitors, names, timers. Rules in the ids of OTP's list.
#include <QDeadlineTimer>
#include <QtTest>

#include <fiberscope/fiberscope.hpp>

using namespace fiberscope;
using namespace std::chrono_literals;

namespace {

struct Tick {
    int number = 0;
};
struct Tock {
    int number = 0;
};

NodeConfig with_schedulers(unsigned schedulers) {
    NodeConfig config;
    config.schedulers = schedulers;
    return config;
}

/// Counts its destructions: for "destructors run".
struct Witness {
    std::atomic<int>& destroyed;
    ~Witness() { ++destroyed; }
};

ExitReason reason_of_end(ExternalProcess& me, Pid process, MonitorRef monitor) {
    return me->receive(on<Down>([monitor](const Down& down) { return down.ref == monitor; },
                                [&](Down down) {
                                    Q_ASSERT(down.pid == process);
                                    return down.reason;
                                }),
                       after(10s, [] { return ExitReason{Term::atom("no_down_came")}; }));
}

} // namespace

class TestProcess : public QObject {
    Q_OBJECT

private slots:
    void starts_and_stops_data() { schedulers(); }
    void starts_and_stops();
    void stops_at_once();
    void message_order_data() { schedulers(); }
    void message_order();
    void selective_receive();
    void receive_timeout_is_never_early();
    void end_reasons_data();
    void end_reasons();
    void monitor_of_dead_is_noproc();
    void link_spreads_reason_data() { schedulers(); }
    void link_spreads_reason();
    void trapped_exit_is_a_message();
    void kill_runs_destructors_data() { schedulers(); }
    void kill_runs_destructors();
    void kill_of_a_computing_process();
    void swallowed_exit_comes_again();
    void names_follow_the_rules();
    void stale_pid_reaches_nobody();
    void timers_fire_cancel_and_die_with_their_target();
    void suspend_and_resume();
    void blocking_keeps_the_scheduler_free();
    void kill_inside_blocking_is_announced_at_once();
    void priority_max_goes_first();
    void low_takes_one_turn_in_eight();
    void exceptions_stay_with_their_process();
    void errno_stays_with_its_process();
    void process_limit_is_system_limit();
    void dictionary_and_label();
    void many_processes_data() { schedulers(); }
    void many_processes();
    void spawn_storm_across_schedulers();
    void idle_schedulers_take_new_processes();
    void several_nodes_at_once();
    void call_after_stop_says_so();

private:
    static void schedulers() {
        QTest::addColumn<unsigned>("count");
        for (const unsigned count : {1U, 2U, 4U})
            QTest::addRow("%u schedulers", count) << count;
    }
};

void TestProcess::starts_and_stops() {
    QFETCH(unsigned, count);
    for (int round = 0; round < 10; ++round) {
        Node node{with_schedulers(count)};
        std::atomic<int> ran{0};
        for (int i = 0; i < 100; ++i)
            node.spawn([&ran](Process&) { ++ran; });
        QVERIFY(node.wait_until_quiet(10s));
        QCOMPARE(ran.load(), 100);
        QVERIFY(node.stop().empty());
    }
}

/// A Node may be told to stop before its threads have come to their first sleep.
void TestProcess::stops_at_once() {
    for (int round = 0; round < 200; ++round)
        Node node{with_schedulers(4)};
}

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

void TestProcess::blocking_keeps_the_scheduler_free() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::binary_semaphore gate{0};
    me->spawn([&gate, to = me->pid()](Process& self) {
        const int value = self.blocking([&gate] {
            gate.acquire();
            return 42;
        });
        self.send(to, Tick{value});
    });
    // the only scheduler still runs others while the first one's function blocks
    me->spawn([to = me->pid()](Process& self) { self.send(to, Tock{1}); });
    QCOMPARE(me->receive<Tock>().number, 1);
    gate.release();
    QCOMPARE(me->receive<Tick>().number, 42);
    me->spawn([to = me->pid()](Process& self) {
        try {
            self.blocking([]() -> int { throw std::runtime_error{"inside"}; });
        } catch (const std::runtime_error& error) {
            self.send(to, std::string{error.what()});
        }
    });
    QCOMPARE(me->receive<std::string>(), std::string{"inside"});
}

void TestProcess::kill_inside_blocking_is_announced_at_once() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::binary_semaphore inside{0};
    std::binary_semaphore gate{0};
    std::atomic<int> destroyed{0};
    const auto [pid, monitor] = me->spawn_monitor(
        [&](Process& self) {
            const Witness witness{destroyed};
            self.blocking([&] {
                inside.release();
                gate.acquire();
            });
        },
        {.name = "blocker"});
    inside.acquire();
    me->exit(pid, ExitReason::kill());
    // X18: its name, links and monitors are released; its frames stay until the function returns
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QVERIFY(!node.is_alive(pid));
    QCOMPARE(node.whereis("blocker"), Pid{});
    QCOMPARE(destroyed.load(), 0);
    const Snapshot snapshot = node.snapshot();
    QVERIFY(std::any_of(snapshot.processes.begin(), snapshot.processes.end(),
                        [pid = pid](const ProcessRow& row) { return row.pid == pid && row.status == Status::exiting; }));
    gate.release();
    QVERIFY(node.wait_until_quiet(5s));
    QCOMPARE(destroyed.load(), 1);
    QCOMPARE(node.process_count(), 2U); // this thread and the logger
}

void TestProcess::priority_max_goes_first() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    me->spawn([to = me->pid()](Process& self) {
        for (int i = 0; i < 5; ++i)
            self.spawn([to, i](Process& child) { child.send(to, Tick{i}); });
        self.spawn([to](Process& child) { child.send(to, Tick{100}); }, {.priority = Priority::max});
    });
    QCOMPARE(me->receive<Tick>().number, 100);
    QCOMPARE(me->receive<Tick>().number, 0);
}

void TestProcess::low_takes_one_turn_in_eight() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    me->spawn([to = me->pid()](Process& self) {
        auto spin = [](std::shared_ptr<const int>, std::atomic<long>* turns) {
            return [turns](Process& child) {
                for (;;) {
                    ++*turns;
                    child.yield();
                }
            };
        };
        static std::atomic<long> normal;
        static std::atomic<long> low;
        normal = low = 0;
        const Pid first = self.spawn(spin(nullptr, &normal));
        const Pid second = self.spawn(spin(nullptr, &low), {.priority = Priority::low});
        while (low < 1000)
            self.yield();
        self.exit(first, ExitReason::kill());
        self.exit(second, ExitReason::kill());
        self.send(to, Tick{static_cast<int>(normal / low)});
    });
    const int ratio = me->receive<Tick>().number; // F02: 8 to 1
    QVERIFY2(ratio >= 6 && ratio <= 9, qPrintable(QString::number(ratio)));
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
    });
    QCOMPARE(me->receive<Tick>().number, 1);
    QCOMPARE(me->receive<Tick>().number, 2);
    QVERIFY(node.wait_until_quiet(5s));
    QCOMPARE(node.snapshot().label(pid), std::string_view{"the label"});
}

void TestProcess::many_processes() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    constexpr int processes = 20'000;
    std::vector<Pid> pids;
    for (int i = 0; i < processes; ++i)
        pids.push_back(me->spawn([to = me->pid()](Process& self) { self.send(to, self.receive<Tick>()); }));
    for (int i = 0; i < processes; ++i)
        me->send(pids[static_cast<std::size_t>(i)], Tick{i});
    long sum = 0;
    for (int i = 0; i < processes; ++i)
        sum += me->receive<Tick>().number;
    QCOMPARE(sum, long{processes} * (processes - 1) / 2);
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.process_count(), 2U); // this thread and the logger
    const Snapshot snapshot = node.snapshot();
    QCOMPARE(snapshot.node.spawns - snapshot.node.exits, std::uint64_t{2});
}

void TestProcess::spawn_storm_across_schedulers() {
    Node node{with_schedulers(4)};
    ExternalProcess me = node.attach();
    // a tree of processes, each a child of the one above: unstarted ones are stolen
    static std::function<void(Process&, int, Pid)> grow = [](Process& self, int depth, Pid to) {
        if (depth == 0) {
            self.send(to, Tick{1});
            return;
        }
        for (int i = 0; i < 2; ++i)
            self.spawn([depth, to](Process& child) { grow(child, depth - 1, to); });
    };
    me->spawn([to = me->pid()](Process& self) { grow(self, 13, to); });
    for (int i = 0; i < 1 << 13; ++i)
        QVERIFY(me->receive_for<Tick>(20s));
}

/// Two busy processes spawned by one: the second must not wait behind the first while a scheduler idles.
void TestProcess::idle_schedulers_take_new_processes() {
    Node node{with_schedulers(2)};
    std::atomic<bool> stop{false};
    std::array<std::atomic<std::uint64_t>, 2> turns{};
    node.spawn([&](Process& self) {
        for (auto& mine : turns)
            self.spawn([&stop, &mine](Process& busy) {
                while (!stop) {
                    ++mine;
                    busy.poll();
                }
            });
    });
    const auto shared_out = [&node] {
        const Snapshot snapshot = node.snapshot();
        return snapshot.schedulers[0].running && snapshot.schedulers[1].running;
    };
    const QDeadlineTimer deadline{10'000};
    while (!shared_out() && !deadline.hasExpired())
        std::this_thread::yield();
    const bool both_ran = shared_out();
    stop = true;
    QVERIFY(both_ran);
}

void TestProcess::several_nodes_at_once() {
    Node first{with_schedulers(2)};
    Node second{with_schedulers(2)};
    QVERIFY(first.id() != second.id());
    const Pid pid = first.spawn([](Process& self) { self.receive<Tick>(); });
    QVERIFY(!second.is_alive(pid));
    QVERIFY(!second.send(pid, Tick{}));
    QVERIFY(first.send(pid, Tick{}));
}

void TestProcess::call_after_stop_says_so() {
    struct Ask {
        using Reply = int;
        int value;
    };
    Node node{with_schedulers(1)};
    node.stop();
    QVERIFY(node.is_stopped());
    const auto result = node.call<Ask>("anybody", Ask{1}, 1s);
    QCOMPARE(to_string(result.error()), std::string{"node_stopped"});
    QVERIFY_EXCEPTION_THROWN(node.spawn([](Process&) {}), Error);
    QCOMPARE(node.snapshot().processes.size(), std::size_t{0});
}

QTEST_APPLESS_MAIN(TestProcess)
#include "tst_process.moc"
