// SPDX-License-Identifier: BSL-1.0
/// Function-local statics whose initialisers take long, park, fail, or are given up in the middle: nobody stands still but those
/// who need the value.
#include "runaways.hpp"

#include <atomic>
#include <thread>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

std::atomic<int> begun{0};
std::atomic<bool> may_go_on{false};

/// An initialiser that computes until it is told to stop, without a runtime call.
int slow_number() {
    static const int number = [] {
        ++begun;
        while (!may_go_on) {
        }
        return 42;
    }();
    return number;
}

/// One that parks.
int asked_number(Process& self) {
    static const int number = [&self] {
        ++begun;
        return self.receive<Tick>().number;
    }();
    return number;
}

/// One that never comes to its end, at its first try.
int stubborn_number() {
    static const int number = [] {
        if (++begun == 1)
            for (;;)
                asm volatile("");
        return 7;
    }();
    return number;
}

int failing_number() {
    static const int number = [] {
        if (++begun == 1)
            throw std::runtime_error{"not today"};
        return 8;
    }();
    return number;
}

int number_of_itself(int depth) {
    static const int number = depth > 0 ? number_of_itself(depth - 1) : 1;
    return number;
}

} // namespace

class TestStaticLocals : public QObject {
    Q_OBJECT

private slots:
    void init() {
        begun = 0;
        may_go_on = false;
    }
    void waiters_park_while_another_computes();
    void waiters_park_while_another_parks();
    void a_thread_waits_for_a_process();
    void one_that_is_given_up_is_begun_anew();
    void one_that_fails_is_begun_anew();
    void one_that_needs_itself_ends_its_process();
};

/// On one scheduler: who is in the initialiser is interrupted, the others must not block the thread that it needs.
void TestStaticLocals::waiters_park_while_another_computes() {
    Node node{with_signals(1)};
    if (node.preemption() != Preemption::signal)
        QSKIP(why_no_signals().c_str());
    std::atomic<int> sum{0};
    std::atomic<int> ticks{0};
    for (int i = 0; i < 20; ++i)
        node.spawn([&sum](Process&) { sum += slow_number(); });
    node.spawn([&ticks](Process& self) {
        for (;;) {
            self.sleep(1ms);
            ++ticks;
        }
    });
    QTRY_VERIFY(begun == 1);
    const int before = ticks;
    QTRY_VERIFY(ticks > before + 20); // all wait, and the scheduler goes on
    QCOMPARE(sum.load(), 0);
    may_go_on = true;
    QTRY_COMPARE(sum.load(), 20 * 42);
    QCOMPARE(begun.load(), 1);
}

void TestStaticLocals::waiters_park_while_another_parks() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::atomic<int> sum{0};
    const Pid first = node.spawn([&sum](Process& self) { sum += asked_number(self); });
    QTRY_VERIFY(begun == 1);
    for (int i = 0; i < 9; ++i)
        node.spawn([&sum](Process& self) { sum += asked_number(self); });
    const auto [other, monitor] = me->spawn_monitor([](Process&) {});
    QCOMPARE(to_string(reason_of_end(me, other, monitor)), std::string{"normal"}); // the scheduler goes on
    me->send(first, Tick{5});
    QTRY_COMPARE(sum.load(), 50);
    QCOMPARE(begun.load(), 1);
}

namespace {
int number_for_a_thread(Process& self) {
    static const int number = [&self] {
        ++begun;
        return self.receive<Tick>().number;
    }();
    return number;
}
} // namespace

void TestStaticLocals::a_thread_waits_for_a_process() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::atomic<int> sum{0};
    const Pid first = node.spawn([&sum](Process& self) { sum += number_for_a_thread(self); });
    QTRY_VERIFY(begun == 1);
    std::thread thread{[&] { sum += number_for_a_thread(*me); }};
    node.send(first, Tick{6});
    thread.join();
    QTRY_COMPARE(sum.load(), 12);
    QCOMPARE(begun.load(), 1);
}

void TestStaticLocals::one_that_is_given_up_is_begun_anew() {
    Node node{with_signals(1)};
    if (node.preemption() != Preemption::signal)
        QSKIP(why_no_signals().c_str());
    ExternalProcess me = node.attach();
    const auto [stuck, monitor] = me->spawn_monitor([](Process&) { stubborn_number(); });
    QTRY_VERIFY(begun == 1);
    std::atomic<int> sum{0};
    for (int i = 0; i < 3; ++i)
        node.spawn([&sum](Process&) { sum += stubborn_number(); });
    node.exit(stuck, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, stuck, monitor)), std::string{"killed"});
    QTRY_COMPARE(sum.load(), 21);
    QCOMPARE(begun.load(), 2);
}

void TestStaticLocals::one_that_fails_is_begun_anew() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [failed, monitor] = me->spawn_monitor([](Process&) { failing_number(); });
    QCOMPARE(to_string(reason_of_end(me, failed, monitor)), std::string{"{error,\"not today\"}"});
    std::atomic<int> value{0};
    node.spawn([&value](Process&) { value = failing_number(); });
    QTRY_COMPARE(value.load(), 8);
}

void TestStaticLocals::one_that_needs_itself_ends_its_process() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process&) { number_of_itself(1); });
    const std::string reason = to_string(reason_of_end(me, pid, monitor));
    QVERIFY2(reason.find("needs itself") != std::string::npos, reason.c_str());
}

QTEST_APPLESS_MAIN(TestStaticLocals)
#include "tst_static_locals.moc"
