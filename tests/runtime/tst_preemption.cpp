// SPDX-License-Identifier: BSL-1.0
/// The three steps by which a process gives way, each by itself: budget, flag, signal.
#include "checked_work.hpp"
#include "runaways.hpp"

#include <array>
#include <future>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

namespace {

using Flag = volatile std::sig_atomic_t;

/// The only scheduler of such a node, after one process polled in a loop until another had its turn.
SchedulerRow after_a_polling_loop(const NodeConfig& config) {
    Node node{config};
    std::atomic<bool> stop{false};
    node.spawn([&stop](Process& self) {
        while (!stop)
            self.poll();
    });
    node.spawn([&stop](Process&) { stop = true; });
    node.wait_until_quiet(10s);
    return node.snapshot().schedulers.front();
}

} // namespace

class TestPreemption : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void budget_ends_a_slice();
    void flag_ends_a_slice_at_a_runtime_call();
    void signal_ends_a_slice_without_one_data() { add_scheduler_rows(); }
    void signal_ends_a_slice_without_one();
    void new_processes_begin_beside_loops_data() { add_scheduler_rows(); }
    void new_processes_begin_beside_loops();
    void no_signal_while_nobody_waits();
    void timers_fire_behind_a_lone_runaway();
    void a_process_may_be_left_alone();
    void a_process_may_want_signals_in_a_cooperative_node();
    void is_switched_while_running();
    void nobody_is_interrupted_in_no_preempt();
    void suspend_and_inspect_reach_a_runaway();
    void bodies_keep_their_state_data();
    void bodies_keep_their_state();
    void what_is_done_is_counted_by_process();
    void a_blocked_scheduler_is_reported_and_relieved();
    void senseless_limits_are_refused();
};

void TestPreemption::initTestCase() {
    if (const std::string why = why_no_signals(); !why.empty())
        QSKIP(why.c_str());
}

void TestPreemption::budget_ends_a_slice() {
    NodeConfig config = with_schedulers(1);
    config.slice = config.signal_slice = config.long_schedule = 1h; // no other step
    const SchedulerRow row = after_a_polling_loop(config);
    QVERIFY(row.budget_preemptions > 0);
    QCOMPARE(row.flag_preemptions + row.signal_preemptions + row.signal_refusals, 0U);
}

void TestPreemption::flag_ends_a_slice_at_a_runtime_call() {
    NodeConfig config = with_schedulers(1);
    config.reductions_per_slice = 1'000'000'000; // no budget to speak of
    const SchedulerRow row = after_a_polling_loop(config);
    QVERIFY(row.flag_preemptions > 0);
    QCOMPARE(row.budget_preemptions + row.signal_preemptions, 0U);
}

void TestPreemption::signal_ends_a_slice_without_one() {
    QFETCH(unsigned, count);
    Node node{with_signals(count)};
    ExternalProcess me = node.attach();
    Flag stop = 0;
    std::vector<Pid> spinners;
    for (unsigned i = 0; i < 2 * count; ++i)
        spinners.push_back(node.spawn([&stop](Process&) { spin_until(stop); }));
    for (int i = 0; i < 20; ++i) {
        node.spawn([i, to = me->pid()](Process& self) { self.send(to, Tick{i}); });
        QVERIFY(me->receive_for<Tick>(10s).has_value());
    }
    const auto by_signal = [&node] {
        std::uint64_t sum = 0;
        for (const SchedulerRow& row : node.snapshot().schedulers)
            sum += row.signal_preemptions;
        return sum;
    };
    QTRY_VERIFY(by_signal() > 0); // there are more spinners than schedulers
    stop = 1;
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

/// A loop on every scheduler: who is new begins on one of them, and is not handed from one to the next.
void TestPreemption::new_processes_begin_beside_loops() {
    QFETCH(unsigned, count);
    Node node{with_signals(count)};
    ExternalProcess me = node.attach();
    Flag stop = 0;
    for (unsigned i = 0; i < count; ++i)
        node.spawn([&stop](Process&) { spin_until(stop); });
    for (int i = 0; i < 50; ++i) {
        node.spawn([to = me->pid()](Process& self) { self.spawn([to](Process& child) { child.send(to, Tick{}); }); });
        QVERIFY(me->receive_for<Tick>(10s).has_value());
    }
    stop = 1;
}

void TestPreemption::no_signal_while_nobody_waits() {
    Node node{with_signals(1)};
    QVERIFY(node.wait_until_quiet(10s));
    std::atomic<bool> done{false};
    node.spawn([&done](Process&) {
        const auto began = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - began < 50ms) // many slices long
            continue;
        done = true;
    });
    QVERIFY(node.wait_until_quiet(10s));
    QVERIFY(done);
    QCOMPARE(signals_sent_to(node), 0U);
}

/// A timer that is due waits for the scheduler like a process does.
void TestPreemption::timers_fire_behind_a_lone_runaway() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    Flag stop = 0;
    std::atomic<bool> sleeps{false};
    node.spawn([&](Process& self) {
        for (int i = 1; i <= 3; ++i) {
            sleeps = true;
            self.sleep(5ms);
            self.send(me->pid(), Tick{i});
        }
    });
    QTRY_VERIFY(sleeps.load());
    node.spawn([&stop](Process&) { spin_until(stop); });
    for (int i = 1; i <= 3; ++i) {
        const auto tick = me->receive_for<Tick>(10s);
        QVERIFY(tick.has_value());
        QCOMPARE(tick->number, i);
    }
    stop = 1;
}

void TestPreemption::a_process_may_be_left_alone() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    Flag stop = 0;
    const Pid left_alone = node.spawn([&stop](Process&) { spin_until(stop); }, {.preemption = Preemption::cooperative});
    node.spawn([to = me->pid()](Process& self) { self.send(to, Tick{1}); });
    QTRY_VERIFY(node.snapshot().schedulers.front().is_stuck); // so signals would have come by now
    QVERIFY(!me->receive_for<Tick>(0s).has_value());
    QVERIFY(node.is_alive(left_alone));
    QCOMPARE(node.snapshot().schedulers.front().signal_preemptions, 0U);
    stop = 1;
    QVERIFY(me->receive_for<Tick>(10s).has_value());
}

void TestPreemption::a_process_may_want_signals_in_a_cooperative_node() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    Flag stop = 0;
    node.spawn([&stop](Process&) { spin_until(stop); }, {.preemption = Preemption::signal});
    node.spawn([to = me->pid()](Process& self) { self.send(to, Tick{1}); });
    QVERIFY(me->receive_for<Tick>(10s).has_value());
    stop = 1;
}

void TestPreemption::is_switched_while_running() {
    Node node{with_schedulers(1)};
    QCOMPARE(node.preemption(), Preemption::cooperative);
    QVERIFY(node.snapshot().node.preemption.find("cooperative") == 0);
    ExternalProcess me = node.attach();
    Flag stop = 0;
    node.spawn([&stop](Process&) { spin_until(stop); });
    node.spawn([to = me->pid()](Process& self) { self.send(to, Tick{1}); });
    QTRY_VERIFY(node.snapshot().schedulers.front().is_stuck);
    QCOMPARE(node.set_preemption(Preemption::signal), Preemption::signal);
    QVERIFY(me->receive_for<Tick>(10s).has_value());
    QVERIFY(node.snapshot().node.preemption.find("by signal after 1 ms") != std::string::npos);
    QCOMPARE(node.set_preemption(Preemption::cooperative), Preemption::cooperative);
    stop = 1;
}

void TestPreemption::nobody_is_interrupted_in_no_preempt() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    Flag stop = 0;
    std::atomic<bool> inside{false};
    std::atomic<bool> others_ran{false};
    std::atomic<int> seen_inside{0};
    node.spawn([&](Process& self) {
        {
            const NoPreempt no_preempt;
            inside = true;
            while (stop == 0)
                self.poll(); // not even here
            seen_inside = others_ran ? 1 : 2;
        }
        self.yield();
    });
    QTRY_VERIFY(inside.load());
    node.spawn([&others_ran](Process&) { others_ran = true; });
    QTRY_VERIFY(node.snapshot().schedulers.front().is_stuck);
    stop = 1;
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(seen_inside.load(), 2);
    QVERIFY(others_ran);
    QVERIFY(node.snapshot().schedulers.front().signal_refusals > 0);
}

void TestPreemption::suspend_and_inspect_reach_a_runaway() {
    Node node{with_signals(1)};
    Flag stop = 0;
    std::atomic<bool> spins{false};
    const Pid spinner = node.spawn([&](Process&) {
        spins = true;
        spin_until(stop);
    });
    QTRY_VERIFY(spins.load());
    const auto inspected = [&](Inspect what) {
        auto promise = std::make_shared<std::promise<Inspection>>();
        auto answer = promise->get_future();
        node.inspect({spinner}, what, {}, [promise](std::vector<Inspection> all) { promise->set_value(std::move(all.front())); });
        return answer.wait_for(10s) == std::future_status::ready ? answer.get() : Inspection{};
    };
    const auto is_seen_spinning = [&] {
        const Inspection running = inspected(Inspect::stack);
        return std::any_of(running.stack.begin(), running.stack.end(),
                           [](const FrameInfo& frame) { return frame.function.find("spin_until") != std::string::npos; });
    };
    QTRY_VERIFY(is_seen_spinning());
    QVERIFY(node.suspend(spinner));
    QTRY_VERIFY(inspected(Inspect::links).status == Status::suspended);
    QVERIFY(node.wait_until_quiet(10s)); // it does not run
    QVERIFY(node.resume(spinner));
    stop = 1;
    QTRY_VERIFY(!node.is_alive(spinner));
}

void TestPreemption::bodies_keep_their_state_data() {
    QTest::addColumn<unsigned>("count");
    QTest::addColumn<int>("work");
    for (const unsigned count : {1U, 2U}) {
        for (std::size_t work = 0; work < checked_works.size(); ++work)
            QTest::addRow("%s, %u schedulers", checked_works[work].name, count) << count << static_cast<int>(work);
        QTest::addRow("all, %u schedulers", count) << count << -1;
    }
}

/// Several of a kind compete for a scheduler and check their own results.
void TestPreemption::bodies_keep_their_state() {
    QFETCH(unsigned, count);
    QFETCH(int, work);
    Node node{with_signals(count)};
    ExternalProcess me = node.attach();
    Flag stop = 0;
    const unsigned bodies = 5 * count;
    const std::size_t kinds = checked_works.size();
    std::vector<Pid> pids;
    for (unsigned i = 0; i < bodies; ++i) {
        const CheckedWork& does = checked_works[work < 0 ? i % kinds : static_cast<std::size_t>(work)];
        pids.push_back(node.spawn([&does, &stop, to = me->pid()](Process& self) { self.send(to, check_until(stop, does)); }));
    }
    const auto interruptions = [&] { // one that is alone on its scheduler is not interrupted: so all count together
        const Snapshot snapshot = node.snapshot();
        return std::accumulate(pids.begin(), pids.end(), std::uint64_t{0},
                               [&](std::uint64_t sum, Pid pid) { return sum + snapshot.preemption(pid).preemptions; });
    };
    QTRY_VERIFY_WITH_TIMEOUT(interruptions() >= bodies, 60'000); // few where nearly all time goes to libraries
    stop = 1;
    for (unsigned i = 0; i < bodies; ++i) {
        const auto checked = me->receive_for<Checked>(10s);
        QVERIFY(checked.has_value());
        QVERIFY(checked->rounds > 0);
        QCOMPARE(checked->wrong, 0U);
    }
}

void TestPreemption::what_is_done_is_counted_by_process() {
    Node node{with_signals(1)};
    Flag stop = 0;
    const Pid first = node.spawn([&stop](Process&) { spin_until(stop); });
    const Pid second = node.spawn([&stop](Process&) { spin_until(stop); });
    QTRY_VERIFY(node.snapshot().preemption(first).preemptions > 2 && node.snapshot().preemption(second).preemptions > 2);
    const Snapshot snapshot = node.snapshot();
    QVERIFY(snapshot.preemption(first).longest_run_ns >= 500'000U);
    const SchedulerRow& row = snapshot.schedulers.front();
    QVERIFY(row.last_preempted == first || row.last_preempted == second);
    QVERIFY(row.longest_run_ns >= snapshot.preemption(first).longest_run_ns);
    QCOMPARE(snapshot.preemption(node.whereis("logger")).preemptions, 0U);
    stop = 1;
}

/// A call that blocks the thread cannot be interrupted: it is told, with a stack, and others take the servers.
void TestPreemption::a_blocked_scheduler_is_reported_and_relieved() {
    Node node{with_signals(2)};
    ExternalProcess me = node.attach();
    std::mutex blocks;
    std::unique_lock held{blocks};
    std::atomic<int> blocked{0};
    const std::uint64_t before = node.last_event_seq();
    const Pid culprit = node.spawn(
        [&](Process& self) {
            // unstarted children of the culprit wait on its scheduler
            self.spawn([to = me->pid()](Process& child) { child.send(to, Tick{1}); });
            self.spawn([to = me->pid()](Process& child) { child.send(to, Tick{2}); });
            ++blocked;
            const std::lock_guard lock{blocks};
        },
        {.name = "culprit"});
    QTRY_COMPARE(blocked.load(), 1);
    QVERIFY(me->receive_for<Tick>(10s).has_value());
    QVERIFY(me->receive_for<Tick>(10s).has_value());
    node.exit(culprit, ExitReason::kill()); // now somebody waits for this scheduler in any case
    const auto report = [&]() -> std::shared_ptr<const LogEntry> {
        for (const Event& event : node.events_after(before).events)
            if (event.log != nullptr && event.log->title == "LONG SCHEDULE" && event.pid == culprit)
                return event.log;
        return nullptr;
    };
    QTRY_VERIFY(report() != nullptr);
    const auto field = [entry = report()](const std::string& name) {
        for (const auto& [key, value] : entry->fields)
            if (key == name)
                return value;
        return std::string{};
    };
    QCOMPARE(field("preemption"), std::string{"signals are refused: a call that blocks, foreign code, or a lock"});
    QVERIFY(std::stoi(field("time_ms")) >= 10);
    QVERIFY2(field("stack").find("a_blocked_scheduler_is_reported_and_relieved") != std::string::npos, field("stack").c_str());
    held.unlock();
    QTRY_VERIFY(!node.is_alive(culprit));
}

void TestPreemption::senseless_limits_are_refused() {
    NodeConfig config = with_schedulers(1);
    config.signal_slice = config.slice / 2;
    QVERIFY_EXCEPTION_THROWN(Node{config}, std::invalid_argument);
    config = with_schedulers(1);
    config.long_schedule = config.slice;
    QVERIFY_EXCEPTION_THROWN(Node{config}, std::invalid_argument);
}

QTEST_APPLESS_MAIN(TestPreemption)
#include "tst_preemption.moc"
