// SPDX-License-Identifier: BSL-1.0
/// Boost.Fiber's own calls in a process: they work, or end the process at once with a reason in words. Nobody else is touched.
#include "process_fixture.hpp"

#include <boost/fiber/all.hpp>

#include <functional>
#include <thread>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

using Body = std::function<void(Process&)>;
constexpr const char* refused = "{error,\"Boost.Fiber's own calls";

/// Waited for by more than one process.
boost::fibers::mutex shared_mutex;

void hold_and_wait(Process& self) {
    const std::lock_guard lock{shared_mutex};
    self.receive<int>();
}

} // namespace

class TestBoostFiber : public QObject {
    Q_OBJECT

private slots:
    void a_call_works_or_ends_its_process_data();
    void a_call_works_or_ends_its_process();
    void a_mutex_outlives_those_who_wait_for_it();
    void what_comes_from_a_thread_comes_too_late();
    void it_works_in_the_blocking_pool();
    void many_ends_leave_the_node_in_order();
};

void TestBoostFiber::a_call_works_or_ends_its_process_data() {
    QTest::addColumn<Body>("body");
    QTest::addColumn<QString>("end");
    const auto add = [](const char* name, const char* end, Body body) {
        QTest::addRow("%s", name) << std::move(body) << QString{end};
    };
    add("yield", refused, [](Process&) { boost::this_fiber::yield(); });
    add("sleep_for", refused, [](Process&) { boost::this_fiber::sleep_for(1ms); });
    add("sleep_until", refused, [](Process&) { boost::this_fiber::sleep_until(std::chrono::steady_clock::now() + 1h); });
    add("mutex that nobody holds", "normal", [](Process&) {
        boost::fibers::mutex mutex;
        const std::lock_guard lock{mutex};
    });
    add("condition_variable", refused, [](Process&) {
        boost::fibers::mutex mutex;
        boost::fibers::condition_variable changed;
        std::unique_lock lock{mutex};
        changed.wait(lock);
    });
    add("condition_variable with a time", refused, [](Process&) {
        boost::fibers::mutex mutex;
        boost::fibers::condition_variable changed;
        std::unique_lock lock{mutex};
        changed.wait_for(lock, 1ms);
    });
    add("fiber, posted", refused, [](Process&) { boost::fibers::fiber{[] {}}.join(); });
    add("fiber, dispatched", refused, [](Process&) { boost::fibers::fiber{boost::fibers::launch::dispatch, [] {}}.join(); });
    add("async", refused, [](Process&) { boost::fibers::async([] { return 7; }).get(); });
    add("future", refused, [](Process&) {
        boost::fibers::promise<int> promise;
        promise.get_future().wait();
    });
    add("channel", refused, [](Process&) {
        boost::fibers::buffered_channel<int> channel{4};
        channel.push(3);
        channel.value_pop(); // is there
        channel.value_pop();
    });
    add("use_scheduling_algorithm", refused,
        [](Process&) { boost::fibers::use_scheduling_algorithm<boost::fibers::algo::round_robin>(); });
    add("has_ready_fibers", refused, [](Process&) { boost::fibers::has_ready_fibers(); });
}

void TestBoostFiber::a_call_works_or_ends_its_process() {
    QFETCH(Body, body);
    QFETCH(QString, end);
    for (const Preemption preemption : {Preemption::cooperative, Preemption::signal}) {
        NodeConfig config = with_schedulers(1);
        config.preemption = preemption;
        Node node{config};
        std::atomic<int> ticks{0};
        node.spawn([&ticks](Process& self) {
            for (;; ++ticks)
                self.sleep(1ms);
        });
        ExternalProcess me = node.attach();
        for (int i = 0; i < 3; ++i) {
            const auto [pid, monitor] = me->spawn_monitor([body](Process& self) { body(self); });
            const QString reason = QString::fromStdString(to_string(reason_of_end(me, pid, monitor)));
            QVERIFY2(reason.startsWith(end), qPrintable(reason));
        }
        const int before = ticks;
        QTRY_VERIFY(ticks > before + 10); // the others go on
        QVERIFY(node.stop(5s).empty());
    }
}

/// Who waited is gone; it gets the mutex from nobody, and nobody hangs for it.
void TestBoostFiber::a_mutex_outlives_those_who_wait_for_it() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const auto holder = me->spawn_monitor(&hold_and_wait);
    QVERIFY(node.wait_until_quiet(10s));
    for (int i = 0; i < 10; ++i) {
        const auto [pid, monitor] = me->spawn_monitor(&hold_and_wait);
        QVERIFY(QString::fromStdString(to_string(reason_of_end(me, pid, monitor))).startsWith(refused));
    }
    for (int i = 0; i < 1000; ++i) { // whatever is used again of what they have left
        const auto [pid, monitor] = me->spawn_monitor([](Process&) {});
        QCOMPARE(reason_of_end(me, pid, monitor), ExitReason::normal());
    }
    node.send(holder.first, 1);
    QCOMPARE(reason_of_end(me, holder.first, holder.second), ExitReason::normal());
    const auto [pid, monitor] = me->spawn_monitor([](Process&) { const std::lock_guard lock{shared_mutex}; });
    QCOMPARE(reason_of_end(me, pid, monitor), ExitReason::normal());
}

/// What a thread knows of who waited is still there, and wakes nobody.
void TestBoostFiber::what_comes_from_a_thread_comes_too_late() {
    std::atomic<boost::fibers::buffered_channel<int>*> known{nullptr};
    {
        Node node{with_schedulers(1)};
        ExternalProcess me = node.attach();
        for (int i = 0; i < 3; ++i) {
            const auto [pid, monitor] = me->spawn_monitor([&known](Process&) {
                boost::fibers::buffered_channel<int> channel{4};
                known = &channel;
                channel.value_pop();
            });
            QVERIFY(QString::fromStdString(to_string(reason_of_end(me, pid, monitor))).startsWith(refused));
            known.load()->push(1);
            const auto other = me->spawn_monitor([](Process& self) { self.sleep(1ms); });
            QCOMPARE(reason_of_end(me, other.first, other.second), ExitReason::normal());
        }
    }
    known.load()->push(2); // also when the Node is gone
}

void TestBoostFiber::it_works_in_the_blocking_pool() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) {
        self.exit(Term::integer(self.blocking([] {
            boost::this_fiber::sleep_for(1ms);
            return boost::fibers::async([] { return 7; }).get();
        })));
    });
    QCOMPARE(reason_of_end(me, pid, monitor), ExitReason{Term::integer(7)});
}

void TestBoostFiber::many_ends_leave_the_node_in_order() {
    Node node{with_schedulers(2)};
    for (int i = 0; i < 3000; ++i)
        node.spawn([i](Process&) {
            if (i % 3 == 0)
                boost::this_fiber::yield();
            else if (i % 3 == 1)
                boost::this_fiber::sleep_for(1ms);
            else
                boost::fibers::fiber{[] {}}.join();
        });
    QVERIFY(node.wait_until_quiet(30s));
    QCOMPARE(node.snapshot().node.abandoned, 3000U);
    QCOMPARE(node.process_count(), 1U);
    QVERIFY(node.stop(5s).empty());
}

QTEST_APPLESS_MAIN(TestBoostFiber)
#include "tst_boost_fiber.moc"
