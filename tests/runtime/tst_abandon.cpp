// SPDX-License-Identifier: BSL-1.0
/// Processes that do not stop by themselves are stopped, and nobody else notices.
#include "runaways.hpp"

#include <future>
#include <stdexcept>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

namespace {

/// A message whose formatter never comes back.
struct Unprintable {
    int number = 0;
};
std::atomic<bool> is_printing{false};
std::ostream& operator<<(std::ostream& out, const Unprintable&) {
    is_printing = true;
    const volatile std::sig_atomic_t never = 0;
    spin_until(never);
    return out;
}

/// A message whose formatter throws where that is forbidden.
struct TerminatesWhenPrinted {
    int number = 0;
};
std::ostream& operator<<(std::ostream& out, const TerminatesWhenPrinted& /*message*/) noexcept {
    [] { throw std::runtime_error{"in a formatter"}; }();
    return out;
}

/// Takes a few milliseconds to be destroyed.
class SlowToDestroy final : public Server<SlowToDestroy> {
public:
    explicit SlowToDestroy(std::atomic<int>* destroyed) : destroyed_{destroyed} {}
    ~SlowToDestroy() override {
        const auto began = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - began < 5ms)
            continue;
        ++*destroyed_;
    }

private:
    std::atomic<int>* destroyed_;
};

[[gnu::noinline]] void fail(const char* what) {
    throw std::runtime_error{what};
}

struct ThrowsAtEnd {
    ~ThrowsAtEnd() { fail("in a destructor"); } // a destructor is noexcept
};

struct SpinsAtEnd {
    std::atomic<bool>& reached;
    ~SpinsAtEnd() {
        reached = true;
        const volatile std::sig_atomic_t never = 0;
        spin_until(never);
    }
};

struct CallsAtEnd {
    Process& self;
    ~CallsAtEnd() {
        for (;;)
            self.poll(); // safe points, but it unwinds: no second exception may come out of here
    }
};

void throws_through_noexcept() noexcept {
    fail("through noexcept");
}

/// Spins in the handler of a cast.
class Spinner final : public Server<Spinner> {
public:
    struct Spin {
        Pid tell;
    };
    struct Ask {
        using Reply = int;
    };
    using Messages = fiberscope::Messages<Spin, Ask>;
    void handle_cast(Spin spin) {
        self().send(spin.tell, Tock{});
        const volatile std::sig_atomic_t never = 0;
        spin_until(never);
    }
    fiberscope::Reply<Ask> handle_call(const Ask&) { return 42; }
};

std::vector<Event> exits_after(const Node& node, std::uint64_t seq) {
    std::vector<Event> exits;
    for (Event& event : node.events_after(seq).events)
        if (event.kind == EventKind::exit)
            exits.push_back(std::move(event));
    return exits;
}

/// Spawns `body` and waits until it says that it is on its way.
template <class Body>
std::pair<Pid, MonitorRef> begin(ExternalProcess& me, Body body, SpawnOptions options = {}) {
    const auto started = me->spawn_monitor(
        [body, to = me->pid()](Process& self) {
            self.send(to, Tock{});
            body(self);
        },
        std::move(options));
    me->receive_for<Tock>(10s);
    return started;
}

} // namespace

class TestAbandon : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void kill_ends_a_runaway_data() { add_scheduler_rows(); }
    void kill_ends_a_runaway();
    void exit_signals_end_runaways_as_others();
    void terminate_ends_the_process_data();
    void terminate_ends_the_process();
    void a_killed_process_may_unwind();
    void unwinding_that_does_not_end();
    void catch_all_does_not_save_it();
    void a_server_is_restarted();
    void guards_and_formatters();
    void a_crash_report_that_cannot_be_printed();
    void destructors_after_a_kill_have_their_time();
    void the_next_safe_point_is_the_end();
    void stacks_are_used_again();
    void in_a_cooperative_node_it_is_told();
    void a_node_with_runaways_stops();
};

void TestAbandon::initTestCase() {
    if (const std::string why = why_no_signals(); !why.empty())
        QSKIP(why.c_str());
}

void TestAbandon::kill_ends_a_runaway() {
    QFETCH(unsigned, count);
    Node node{with_signals(count)};
    ExternalProcess me = node.attach();
    const std::uint64_t before = node.last_event_seq();
    const auto [pid, monitor] = begin(me, run_away, {.name = "runaway"});
    me->exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QVERIFY(!node.is_alive(pid));
    QCOMPARE(node.whereis("runaway"), Pid{});
    QVERIFY(node.wait_until_quiet(10s));
    const auto exits = exits_after(node, before);
    QCOMPARE(exits.size(), std::size_t{1});
    QVERIFY(exits.front().abandoned);
    const Snapshot snapshot = node.snapshot();
    QCOMPARE(snapshot.node.abandoned, 1U);
    QCOMPARE(snapshot.node.process_count, 2U); // this thread and the logger
    for (const SchedulerRow& scheduler : snapshot.schedulers)
        QCOMPARE(scheduler.started_processes, 0U); // it holds no stack
}

/// A link's end reaches a runaway, a normal one does not, and one that traps lives on with the message.
void TestAbandon::exit_signals_end_runaways_as_others() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    const auto [peer, peer_monitor] = begin(me, [](Process& self) { self.receive<Tick>(); });
    const auto [linked, linked_monitor] = me->spawn_monitor([peer = peer, to = me->pid()](Process& self) {
        self.link(peer);
        self.send(to, Tock{});
        run_away(self);
    });
    QVERIFY(me->receive_for<Tock>(10s).has_value());
    me->exit(linked, ExitReason::normal());
    me->exit(peer, Term::atom("burst"));
    QCOMPARE(to_string(reason_of_end(me, peer, peer_monitor)), std::string{"burst"});
    QCOMPARE(to_string(reason_of_end(me, linked, linked_monitor)), std::string{"burst"});

    volatile std::sig_atomic_t stop = 0;
    const auto [trapper, trapper_monitor] = begin(me, [&stop, to = me->pid()](Process& self) {
        self.trap_exit(true);
        spin_until(stop);
        self.exit(self.receive<Exit>().reason);
    });
    me->exit(trapper, Term::atom("heard"));
    node.spawn([&stop](Process&) { stop = 1; }); // runs once the trapper has been interrupted
    QCOMPARE(to_string(reason_of_end(me, trapper, trapper_monitor)), std::string{"heard"});
    QCOMPARE(node.snapshot().node.abandoned, 1U);
}

void TestAbandon::terminate_ends_the_process_data() {
    QTest::addColumn<int>("way");
    QTest::addColumn<QString>("reason");
    QTest::newRow("throw through noexcept") << 0 << R"({terminate,{error,"through noexcept"}})";
    QTest::newRow("destructor that throws") << 1 << R"({terminate,{error,"in a destructor"}})";
    QTest::newRow("destructor that throws while another exception flies") << 2 << R"({terminate,{error,"in a destructor"}})";
    QTest::newRow("std::terminate") << 3 << "{terminate,no_exception}";
    QTest::newRow("exit in noexcept") << 4 << "{terminate,done}";
}

void TestAbandon::terminate_ends_the_process() {
    QFETCH(int, way);
    QFETCH(QString, reason);
    for (const Preemption preemption : {Preemption::cooperative, Preemption::signal}) {
        NodeConfig config = with_schedulers(2);
        config.preemption = preemption;
        Node node{config};
        ExternalProcess me = node.attach();
        for (int round = 0; round < 20; ++round) {
            const auto [pid, monitor] = me->spawn_monitor([way](Process& self) {
                if (way == 0)
                    throws_through_noexcept();
                if (way == 1)
                    const ThrowsAtEnd end;
                if (way == 2) {
                    const ThrowsAtEnd end;
                    throw 1;
                }
                if (way == 3)
                    std::terminate();
                [&self]() noexcept { self.exit(Term::atom("done")); }();
            });
            QCOMPARE(QString::fromStdString(to_string(reason_of_end(me, pid, monitor))), reason);
        }
        QVERIFY(node.wait_until_quiet(10s));
        QCOMPARE(node.snapshot().node.abandoned, 20U);
        QCOMPARE(node.snapshot().node.process_count, 2U);
    }
}

/// One that reaches a safe point soon unwinds: its destructors run, it is not abandoned.
void TestAbandon::a_killed_process_may_unwind() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    std::atomic<int> destroyed{0};
    const auto [pid, monitor] = begin(me, [&destroyed](Process& self) {
        const Witness witness{destroyed};
        for (;;) {
            volatile int count = 0;
            while (count < 1000)
                count = count + 1;
            self.poll();
        }
    });
    me->exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QCOMPARE(destroyed.load(), 1);
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

void TestAbandon::unwinding_that_does_not_end() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    std::atomic<bool> reached{false};
    const auto [spins, spins_monitor] = begin(me, [&reached](Process& self) {
        const SpinsAtEnd end{reached};
        self.receive<Tick>();
    });
    me->exit(spins, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, spins, spins_monitor)), std::string{"killed"});
    QVERIFY(reached); // it was given the time to unwind
    const auto [calls, calls_monitor] = begin(me, [](Process& self) {
        const CallsAtEnd end{self};
        self.receive<Tick>();
    });
    me->exit(calls, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, calls, calls_monitor)), std::string{"killed"});
    QCOMPARE(node.snapshot().node.abandoned, 2U);
}

void TestAbandon::catch_all_does_not_save_it() {
    for (const Preemption preemption : {Preemption::cooperative, Preemption::signal}) {
        NodeConfig config = with_schedulers(1);
        config.preemption = preemption;
        Node node{config};
        ExternalProcess me = node.attach();
        std::atomic<int> caught{0};
        const auto [pid, monitor] = begin(me, [&caught](Process& self) {
            for (;;) {
                try {
                    self.receive<Tick>();
                } catch (...) { // NOLINT(bugprone-empty-catch): what must not be done
                    ++caught;
                }
            }
        });
        me->exit(pid, ExitReason::kill());
        QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
        QVERIFY(caught > 1); // it met the exit again at the next call, until its time was up
    }
}

void TestAbandon::a_server_is_restarted() {
    Node node{with_signals(2)};
    QVERIFY(node.start(Application{"app", Supervisor::one_for_one().child("spinner", Spinner::start().named("spinner"))}));
    ExternalProcess me = node.attach();
    const Pid first = node.whereis("spinner");
    QVERIFY(node.cast("spinner", Spinner::Spin{me->pid()}));
    QVERIFY(me->receive_for<Tock>(10s).has_value());
    QVERIFY(node.exit(first, ExitReason::kill()));
    QTRY_VERIFY(node.whereis("spinner") != Pid{} && node.whereis("spinner") != first);
    QCOMPARE(*node.call("spinner", Spinner::Ask{}), 42);
    QCOMPARE(node.snapshot().node.abandoned, 1U);
}

/// Code of the user's that the runtime calls in the middle of its own may run away, too.
void TestAbandon::guards_and_formatters() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    std::atomic<bool> is_guarding{false};
    const auto [guards, guards_monitor] = begin(me, [&is_guarding](Process& self) {
        self.receive(on<Tick>(
            [&is_guarding](const Tick&) {
                is_guarding = true;
                const volatile std::sig_atomic_t never = 0;
                spin_until(never);
                return true;
            },
            [](Tick) {}));
    });
    me->send(guards, Tick{1});
    QTRY_VERIFY(is_guarding.load());
    me->exit(guards, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, guards, guards_monitor)), std::string{"killed"});

    const auto [prints, prints_monitor] = begin(me, [](Process& self) { self.receive<Tick>(); });
    me->send(prints, Unprintable{1});
    auto answered = std::make_shared<std::promise<bool>>();
    node.inspect({prints}, Inspect::messages, {}, [answered](const auto& all) { answered->set_value(all.front().alive); });
    QTRY_VERIFY(is_printing.load());
    me->exit(prints, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, prints, prints_monitor)), std::string{"killed"});
    QVERIFY(!answered->get_future().get()); // whoever asked hears that it has ended
    QCOMPARE(node.snapshot().node.abandoned, 2U);
}

/// It terminates while the report of its own crash prints its mailbox: it ends all the same.
void TestAbandon::a_crash_report_that_cannot_be_printed() {
    for (const Preemption preemption : {Preemption::cooperative, Preemption::signal}) {
        NodeConfig config = with_schedulers(1);
        config.preemption = preemption;
        Node node{config};
        ExternalProcess me = node.attach();
        const auto [pid, monitor] = begin(me,
                                          [](Process& self) {
                                              self.receive<Tick>();
                                              throw std::runtime_error{"crash"};
                                          },
                                          {.name = "crasher"});
        me->send(pid, TerminatesWhenPrinted{1});
        me->send(pid, Tick{1});
        QVERIFY(to_string(reason_of_end(me, pid, monitor)).find("{terminate,") == 0);
        QCOMPARE(node.whereis("crasher"), Pid{});
        QVERIFY(node.wait_until_quiet(10s));
        QCOMPARE(node.process_count(), 2U);
    }
}

/// The destructors of a server, or of messages that it never read, may take longer than a slice.
void TestAbandon::destructors_after_a_kill_have_their_time() {
    Node node{with_signals(1)};
    std::atomic<int> destroyed{0};
    for (int round = 0; round < 20; ++round) {
        const Pid server = *node.start(SlowToDestroy::start(&destroyed));
        node.exit(server, round % 2 == 0 ? ExitReason::kill() : ExitReason::shutdown());
        QTRY_COMPARE(destroyed.load(), round + 1);
    }
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

/// One that was held back by NoPreempt when the kill came unwinds as soon as it calls the runtime, however late that is.
void TestAbandon::the_next_safe_point_is_the_end() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    std::atomic<int> destroyed{0};
    for (int round = 0; round < 10; ++round) {
        QTRY_VERIFY(!node.snapshot().schedulers.front().is_stuck); // in the round before
        volatile std::sig_atomic_t stop = 0;
        const auto [pid, monitor] = begin(me, [&](Process& self) {
            const Witness witness{destroyed};
            const NoPreempt no_preempt;
            spin_until(stop);
            self.poll();
        });
        me->exit(pid, ExitReason::kill());
        QTRY_VERIFY(node.snapshot().schedulers.front().is_stuck); // many slices later
        stop = 1;
        QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
        QCOMPARE(destroyed.load(), round + 1);
    }
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

void TestAbandon::stacks_are_used_again() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    std::uint64_t stacks = 0;
    for (int round = 0; round < 100; ++round) {
        const auto [pid, monitor] = begin(me, run_away);
        me->exit(pid, ExitReason::kill());
        QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
        if (round == 10)
            stacks = node.snapshot().node.stacks_bytes;
    }
    QCOMPARE(node.snapshot().node.stacks_bytes, stacks);
    QCOMPARE(node.snapshot().node.abandoned, 100U);
}

void TestAbandon::in_a_cooperative_node_it_is_told() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const std::uint64_t before = node.last_event_seq();
    volatile std::sig_atomic_t stop = 0;
    const auto [pid, monitor] = begin(me, [&stop](Process& self) {
        spin_until(stop);
        self.poll();
    });
    me->exit(pid, ExitReason::kill());
    const auto is_told = [&, pid = pid] {
        const EventBatch batch = node.events_after(before);
        return std::any_of(batch.events.begin(), batch.events.end(), [pid](const Event& event) {
            return event.log != nullptr && event.pid == pid && event.log->title == "LONG SCHEDULE" &&
                   std::any_of(event.log->fields.begin(), event.log->fields.end(),
                               [](const auto& field) { return field.first == "exit_signal"; });
        });
    };
    QTRY_VERIFY(is_told());
    QVERIFY(node.is_alive(pid));
    stop = 1;
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

void TestAbandon::a_node_with_runaways_stops() {
    for (const unsigned count : {1U, 2U}) {
        Node node{with_signals(count)};
        for (int i = 0; i < 10; ++i)
            node.spawn(run_away);
        QVERIFY(node.stop(10s).empty());
        QCOMPARE(node.snapshot().node.process_count, 0U);
    }
}

QTEST_APPLESS_MAIN(TestAbandon)
#include "tst_abandon.moc"
