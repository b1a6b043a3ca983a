// SPDX-License-Identifier: BSL-1.0
/// Limits of what a process may hold: of its mailbox, and what the two have in common.
#include "limits_fixture.hpp"
#include "sanitizers.hpp"

#include <limits>
#include <optional>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

class TestLimits : public QObject {
    Q_OBJECT

private slots:
    void messages_over_limit_kill_data() { add_scheduler_rows(); }
    void messages_over_limit_kill();
    void messages_over_limit_warn();
    void limits_are_set_and_read_back();
    void a_limit_that_is_passed_already();
    void one_that_computes_is_counted_later();
    void limits_of_an_external_process();
    void a_supervisor_starts_it_again_data() { add_scheduler_rows(); }
    void a_supervisor_starts_it_again();
};

void TestLimits::messages_over_limit_kill() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    std::atomic<int> destroyed{0};
    const auto [pid, monitor] = me->spawn_monitor(
        [&](Process& self) {
            self.trap_exit(true);
            const Witness witness{destroyed};
            hold_messages(self);
        },
        {.message_queue_limit = {.most = 1000}});
    for (int i = 0; i < 1000; ++i)
        me->send(pid, Tick{i});
    QCOMPARE(inspected(node, pid, Inspect::links).message_count, std::size_t{1000}); // no more than it may have
    me->send(pid, Tick{1000});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QCOMPARE(destroyed.load(), 1);
    const auto reports = limit_reports(node);
    QCOMPARE(reports.size(), std::size_t{1});
    QCOMPARE(field_of(reports[0], "limit"), std::string{"message queue over 1000 messages"});
    QCOMPARE(field_of(reports[0], "size"), std::string{"1001"});
    QCOMPARE(field_of(reports[0], "registered_name"), std::string{"[]"});
    QCOMPARE(exit_event_of(node, pid).note, std::string{"message queue over 1000 messages"});
    QCOMPARE(node.snapshot().node.over_limit, 1U);
}

void TestLimits::messages_over_limit_warn() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(
        [to = me->pid()](Process& self) {
            for (;;) {
                const int wanted = self.receive<Tock>().number;
                for (int taken = 0; taken < wanted; ++taken)
                    self.receive<Tick>();
                self.send(to, Tock{static_cast<int>(self.message_queue_length())});
            }
        },
        {.message_queue_limit = {.most = 100, .then = OverLimit::warn}});
    const auto send_ticks = [&, pid = pid](int number) {
        for (int i = 0; i < number; ++i)
            me->send(pid, Tick{i});
        inspected(node, pid, Inspect::links);
        inspected(node, pid, Inspect::links); // it was through with all that came before the first one, and has counted
    };
    const auto let_take = [&, pid = pid](int number) {
        me->send(pid, Tock{number});
        const auto left = me->receive_for<Tock>(10s);
        return left ? left->number : -1;
    };
    send_ticks(100);
    QCOMPARE(limit_reports(node).size(), std::size_t{0});
    send_ticks(20);
    QCOMPARE(limit_reports(node).size(), std::size_t{1});
    QCOMPARE(let_take(69), 51); // not half of it yet
    send_ticks(60);
    QCOMPARE(limit_reports(node).size(), std::size_t{1});
    QCOMPARE(let_take(61), 50);
    send_ticks(60);
    const auto reports = limit_reports(node);
    QCOMPARE(reports.size(), std::size_t{2});
    QCOMPARE(reports[1].level, LogLevel::warning);
    QVERIFY(node.is_alive(pid));
    QCOMPARE(node.snapshot().node.over_limit, 0U);
    me->exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
}

void TestLimits::limits_are_set_and_read_back() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(
        [to = me->pid()](Process& self) {
            Limit old = self.heap_limit({.most = 5000, .then = OverLimit::warn});
            QCOMPARE(old.most, std::size_t{4000});
            QCOMPARE(old.then, OverLimit::kill);
            old = self.message_queue_limit({});
            QCOMPARE(old.most, std::size_t{70});
            QCOMPARE(old.then, OverLimit::warn);
            QCOMPARE(self.message_queue_limit({.most = 80}).most, std::size_t{0});
            self.send(to, Tock{});
            self.receive<Tick>();
            self.heap_limit({}); // none any more
            const Bytes bytes{megabyte, &self.heap()};
        },
        {.message_queue_limit = {.most = 70, .then = OverLimit::warn}, .heap_limit = {.most = 4000}});
    QVERIFY(me->receive_for<Tock>(10s).has_value());
    const Inspection inspection = inspected(node, pid, Inspect::links);
    QCOMPARE(inspection.heap_limit.most, std::size_t{5000});
    QCOMPARE(inspection.heap_limit.then, OverLimit::warn);
    QCOMPARE(inspection.message_queue_limit.most, std::size_t{80});
    QCOMPARE(inspection.message_queue_limit.then, OverLimit::kill);
    me->send(pid, Tick{});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
    QCOMPARE(limit_reports(node).size(), std::size_t{0});
    // the next process in that slot has none
    const Pid other = me->spawn(hold_messages);
    QCOMPARE(inspected(node, other, Inspect::links).heap_limit.most, std::size_t{0});
    QCOMPARE(inspected(node, other, Inspect::links).message_queue_limit.most, std::size_t{0});
#ifndef FIBERSCOPE_ADDRESS_SANITIZER // which ends the program where there is no memory
    // the largest limit is one, and cannot be passed
    const auto [last, last_monitor] = me->spawn_monitor(
        [](Process& self) {
            const Bytes bytes{megabyte, &self.heap()};
            Bytes too_many{&self.heap()};
            too_many.reserve(std::numeric_limits<std::ptrdiff_t>::max());
        },
        {.heap_limit = {.most = std::numeric_limits<std::size_t>::max()}});
    QCOMPARE(to_string(reason_of_end(me, last, last_monitor)), std::string{R"({error,"std::bad_alloc"})"});
#endif
}

void TestLimits::a_limit_that_is_passed_already() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::atomic<int> survived{0};
    const auto [heap, heap_monitor] = me->spawn_monitor([&](Process& self) {
        const Bytes bytes{megabyte, &self.heap()};
        self.heap_limit({.most = megabyte}); // just so
        self.heap_limit({.most = 1000, .then = OverLimit::warn});
        ++survived;
        self.heap_limit({.most = megabyte - 1});
        ++survived;
    });
    QCOMPARE(to_string(reason_of_end(me, heap, heap_monitor)), std::string{"killed"});
    QCOMPARE(survived.load(), 1);
    QCOMPARE(limit_reports(node).size(), std::size_t{2});
    QCOMPARE(exit_event_of(node, heap).note, std::string{"heap over 1048575 bytes"});

    const auto [queue, queue_monitor] = me->spawn_monitor([&](Process& self) {
        for (int i = 0; i < 10; ++i)
            self.send(self.pid(), Tick{i}); // not looked at yet
        self.message_queue_limit({.most = 10});
        ++survived;
        self.message_queue_limit({.most = 9});
        ++survived;
    });
    QCOMPARE(to_string(reason_of_end(me, queue, queue_monitor)), std::string{"killed"});
    QCOMPARE(survived.load(), 2);
    QCOMPARE(exit_event_of(node, queue).note, std::string{"message queue over 9 messages"});
    QCOMPARE(node.snapshot().node.over_limit, 2U);
}

/// Signals that it does not look at are no messages in its mailbox.
void TestLimits::one_that_computes_is_counted_later() {
    for (const Preemption preemption : {Preemption::cooperative, Preemption::signal}) {
        if (preemption == Preemption::signal && !why_no_signals().empty())
            continue;
        NodeConfig config = with_schedulers(1);
        config.preemption = preemption;
        Node node{config};
        ExternalProcess me = node.attach();
        volatile std::sig_atomic_t stop = 0;
        std::atomic<bool> is_computing{false};
        const auto [pid, monitor] = me->spawn_monitor(
            [&](Process& self) {
                is_computing = true;
                spin_until(stop);
                self.receive<Tock>();
            },
            {.message_queue_limit = {.most = 10}});
        QTRY_VERIFY(is_computing.load());
        for (int i = 0; i < 100; ++i)
            me->send(pid, Tick{i});
        if (preemption == Preemption::signal)
            node.spawn([](Process&) {}); // it is interrupted, and counted
        else
            stop = 1;
        QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
        QCOMPARE(node.snapshot().node.over_limit, 1U);
        stop = 1;
    }
}

void TestLimits::limits_of_an_external_process() {
    Node node{with_schedulers(1)};
    std::optional<ExternalProcess> other{node.attach()};
    ExternalProcess me = node.attach();
    const MonitorRef monitor = me->monitor((*other)->pid());
    const Pid pid = (*other)->pid();
    (*other)->heap_limit({.most = megabyte});
    (*other)->message_queue_limit({.most = 5, .then = OverLimit::warn});
    for (int i = 0; i < 6; ++i)
        me->send(pid, Tick{i});
    (*other)->receive<Tick>();
    QCOMPARE(limit_reports(node).size(), std::size_t{1});
    std::string reason;
    try {
        const Bytes bytes{megabyte + 1, &(*other)->heap()};
    } catch (const ProcessExit& exit) {
        reason = to_string(exit.reason);
    }
    QCOMPARE(reason, std::string{"killed"});
    other.reset();
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QCOMPARE(node.snapshot().node.over_limit, 1U);
}

void TestLimits::a_supervisor_starts_it_again() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ServerSpec hoarder = Hoarder::start().named("hoarder");
    hoarder.options.heap_limit = {.most = megabyte};
    QVERIFY(node.start(Application{"app", Supervisor::one_for_one().child("hoarder", hoarder)}));
    const Pid first = node.whereis("hoarder");
    QVERIFY(node.cast("hoarder", Hoarder::Take{500 * kilobyte}));
    const auto held = node.call("hoarder", Hoarder::Held{});
    QVERIFY(held && *held >= 500 * kilobyte && *held < 501 * kilobyte);
    QVERIFY(node.cast("hoarder", Hoarder::Take{600 * kilobyte}));
    QTRY_VERIFY(node.whereis("hoarder") != Pid{} && node.whereis("hoarder") != first);
    QCOMPARE(*node.call("hoarder", Hoarder::Held{}), std::size_t{0});
    QCOMPARE(exit_event_of(node, first).note, std::string{"heap over 1048576 bytes"});
    QCOMPARE(to_string(exit_event_of(node, first).reason), std::string{"killed"});
    QTRY_COMPARE(node.snapshot().node.restarts, 1U); // counted by its supervisor once it has been started
    QCOMPARE(inspected(node, node.whereis("hoarder"), Inspect::links).heap_limit.most, megabyte); // of its spec, again
}

QTEST_APPLESS_MAIN(TestLimits)
#include "tst_limits.moc"
