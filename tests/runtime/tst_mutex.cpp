// SPDX-License-Identifier: BSL-1.0
/// fiberscope::Mutex among processes and threads.
#include "runaways.hpp"

#include <mutex>
#include <thread>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

namespace {

/// Lets its idle time run out inside its handler, before it takes the lock.
class Locker final : public Server<Locker> {
public:
    using Messages = fiberscope::Messages<Tick>;

    Locker(Mutex* mutex, Pid tell) : mutex_{mutex}, tell_{tell} { idle_timeout(1ms); }
    void handle_cast(Tick) {
        self().sleep(5ms);
        self().send(tell_, Tick{1});
        const std::lock_guard lock{*mutex_};
        self().send(tell_, Tock{3});
    }
    void handle_timeout() { idle_timeout(1ms); }

private:
    Mutex* mutex_;
    Pid tell_;
};

} // namespace

class TestMutex : public QObject {
    Q_OBJECT

private slots:
    void excludes_data() { add_scheduler_rows(); }
    void excludes();
    void who_waits_parks();
    void comes_in_order();
    void is_given_back_by_a_kill();
    void a_killed_waiter_leaves_the_line();
    void a_server_with_idle_time_may_wait();
    void works_without_processes();
};

/// Signals everywhere, holders that compute: a std::mutex would stop a scheduler at once.
void TestMutex::excludes() {
    QFETCH(unsigned, count);
    constexpr int processes = 8;
    constexpr int rounds = 200;
    Node node{with_signals(count)};
    ExternalProcess me = node.attach();
    Mutex mutex;
    int first = 0; // two values that a holder keeps equal
    int second = 0;
    std::atomic<int> unequal{0};
    const auto work = [&] {
        for (int round = 0; round < rounds; ++round) {
            const std::lock_guard lock{mutex};
            unequal += first == second ? 0 : 1;
            ++first;
            volatile int spin = 0;
            while (spin < 20'000)
                spin = spin + 1;
            ++second;
        }
    };
    for (int i = 0; i < processes; ++i)
        node.spawn([&work, to = me->pid()](Process& self) {
            work();
            self.send(to, Tick{});
        });
    std::thread outside{work};
    for (int i = 0; i < processes; ++i)
        QVERIFY(me->receive_for<Tick>(60s).has_value());
    outside.join();
    QCOMPARE(unequal.load(), 0);
    QCOMPARE(first, (processes + 1) * rounds);
}

void TestMutex::who_waits_parks() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    Mutex mutex;
    mutex.lock();
    const Pid waiter = node.spawn([&mutex, to = me->pid()](Process& self) {
        const std::lock_guard lock{mutex};
        self.send(to, Tick{1});
    });
    QVERIFY(node.wait_until_quiet(10s)); // its scheduler sleeps: it does not spin
    QVERIFY(node.is_alive(waiter));
    node.spawn([to = me->pid()](Process& self) { self.send(to, Tock{2}); });
    QCOMPARE(me->receive_for<Tock>(10s)->number, 2);
    QVERIFY(!mutex.try_lock());
    mutex.unlock();
    QCOMPARE(me->receive_for<Tick>(10s)->number, 1);
    QVERIFY(node.wait_until_quiet(10s));
    QVERIFY(mutex.try_lock());
    mutex.unlock();
}

void TestMutex::comes_in_order() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    Mutex mutex;
    mutex.lock();
    for (int i = 0; i < 5; ++i) {
        node.spawn([&mutex, i, to = me->pid()](Process& self) {
            const std::lock_guard lock{mutex};
            self.send(to, Tick{i});
        });
        QVERIFY(node.wait_until_quiet(10s));
    }
    mutex.unlock();
    for (int i = 0; i < 5; ++i)
        QCOMPARE(me->receive_for<Tick>(10s)->number, i);
}

/// It unwinds, so a lock_guard gives the lock back.
void TestMutex::is_given_back_by_a_kill() {
    Node node{with_signals(1)};
    ExternalProcess me = node.attach();
    Mutex mutex;
    const auto [holder, monitor] = me->spawn_monitor([&mutex](Process& self) {
        const std::lock_guard lock{mutex};
        self.receive<Tick>();
    });
    QVERIFY(node.wait_until_quiet(10s));
    node.spawn([&mutex, to = me->pid()](Process& self) {
        const std::lock_guard lock{mutex};
        self.send(to, Tick{1});
    });
    QVERIFY(node.wait_until_quiet(10s));
    me->exit(holder, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, holder, monitor)), std::string{"killed"});
    QVERIFY(me->receive_for<Tick>(10s).has_value());
}

void TestMutex::a_killed_waiter_leaves_the_line() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    Mutex mutex;
    mutex.lock();
    const auto wait_for_it = [&mutex, to = me->pid()](Process& self) {
        const std::lock_guard lock{mutex};
        self.send(to, Tick{1});
    };
    const auto [killed, monitor] = me->spawn_monitor(wait_for_it);
    QVERIFY(node.wait_until_quiet(10s));
    node.spawn(wait_for_it);
    QVERIFY(node.wait_until_quiet(10s));
    me->exit(killed, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, killed, monitor)), std::string{"killed"});
    mutex.unlock();
    QVERIFY(me->receive_for<Tick>(10s).has_value()); // of the second one
    QVERIFY(node.wait_until_quiet(10s));
    QVERIFY(!me->receive_for<Tick>(0s).has_value());
}

/// Its idle time runs out while it waits for the lock: it waits on, and its scheduler runs others.
void TestMutex::a_server_with_idle_time_may_wait() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    Mutex mutex;
    mutex.lock();
    const Pid server = *node.start(Locker::start(&mutex, me->pid()));
    node.cast(server, Tick{1});
    QCOMPARE(me->receive_for<Tick>(10s)->number, 1); // it is about to wait
    QVERIFY(node.wait_until_quiet(10s));
    node.spawn([to = me->pid()](Process& self) { self.send(to, Tick{2}); });
    QCOMPARE(me->receive_for<Tick>(10s)->number, 2);
    mutex.unlock();
    QCOMPARE(me->receive_for<Tock>(10s)->number, 3);
}

void TestMutex::works_without_processes() {
    Mutex mutex;
    int sum = 0;
    const auto add = [&] {
        for (int i = 0; i < 10'000; ++i) {
            const std::lock_guard lock{mutex};
            ++sum;
        }
    };
    std::thread first{add};
    std::thread second{add};
    first.join();
    second.join();
    QCOMPARE(sum, 20'000);
}

QTEST_APPLESS_MAIN(TestMutex)
#include "tst_mutex.moc"
