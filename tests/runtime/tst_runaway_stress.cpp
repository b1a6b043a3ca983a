// SPDX-License-Identifier: BSL-1.0
/// Thousands of forced ends, with others at work all along that check their own data. FIBERSCOPE_RUNAWAYS: how many of a
/// kind (default 200; 10,000 is what a release is tried with). FIBERSCOPE_STRESS_SECONDS: how long all goes on together
/// (default 3; 1,800).
#include "accountant.hpp"
#include "checked_work.hpp"
#include "heap_in_use.hpp"
#include "runaways.hpp"

#include <QElapsedTimer>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

namespace {

/// A small ring of events, so that it is full before memory is compared.
NodeConfig stressed(unsigned schedulers) {
    NodeConfig config = with_signals(schedulers);
    config.event_capacity = 64;
    return config;
}

void terminates(Process&) noexcept {
    [] { throw std::runtime_error{"through noexcept"}; }();
}

/// A supervised child that runs away or terminates, when it is told to.
struct Misbehave {
    bool runs_away = false;
    Pid tell; ///< that it is about to do so
};
void misbehaver(Process& self) {
    const auto order = self.receive<Misbehave>();
    self.send(order.tell, Tock{});
    if (order.runs_away)
        run_away(self);
    terminates(self);
}

/// The same, owning memory that nobody gives back when it is abandoned.
constexpr std::size_t hoard_bytes = 100'000;
void hoarder(Process& self) {
    const auto hoard = std::make_unique<std::array<char, hoard_bytes>>();
    asm volatile("" : : "r"(hoard->data()) : "memory"); // or else the compiler leaves it out
    misbehaver(self);
}

} // namespace

class TestRunawayStress : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void nothing_is_lost_and_nothing_grows_data() { add_scheduler_rows(); }
    void nothing_is_lost_and_nothing_grows();
    void what_leaks_is_counted();
    void everything_together();
};

void TestRunawayStress::initTestCase() {
    if (const std::string why = why_no_signals(); !why.empty())
        QSKIP(why.c_str());
}

namespace {

/// Has children of `supervisor` end by force, again and again, `count` times by kill and `count` times by terminate.
/// `half_way` is called after the first half.
template <class HalfWay>
void strike(Node& node, ExternalProcess& me, int count, HalfWay half_way) {
    constexpr int children = 8;
    for (int struck = 0; struck < 2 * count; ++struck) {
        if (struck == count)
            half_way();
        const std::string name = "child_" + std::to_string(struck % children);
        Pid child;
        while (!(child = node.whereis(name)))
            std::this_thread::yield(); // its supervisor is about to start it again
        const bool runs_away = struck % 2 == 0;
        const MonitorRef monitor = me->monitor(child);
        me->send(child, Misbehave{runs_away, me->pid()});
        me->receive<Tock>();
        if (runs_away)
            me->exit(child, ExitReason::kill());
        const std::string reason =
            me->receive(on<Down>([monitor](const Down& down) { return down.ref == monitor; },
                                 [](Down down) { return to_string(down.reason); }),
                        after(120s, [] { return std::string{"nothing"}; })); // this may run beside much else
        if (reason != (runs_away ? "killed" : R"({terminate,{error,"through noexcept"}})"))
            qFatal("%s ended with %s", name.c_str(), reason.c_str());
    }
}

Supervisor eight_of(void (*body)(Process&)) {
    auto supervisor = Supervisor::one_for_one({.intensity = 1'000'000, .period = 1s});
    for (int i = 0; i < 8; ++i) {
        const std::string name = "child_" + std::to_string(i);
        supervisor = std::move(supervisor).child(Term::atom(name), body, {}, {.name = Atom{name}});
    }
    return supervisor;
}

} // namespace

void TestRunawayStress::nothing_is_lost_and_nothing_grows() {
    QFETCH(unsigned, count);
    constexpr int clients = 4;
    const int strikes = from_environment("FIBERSCOPE_RUNAWAYS", 200);
    Node node{stressed(count)};
    ExternalProcess me = node.attach();
    QVERIFY(node.start(Application{"app", eight_of(misbehaver)}));
    std::vector<Pid> bookers;
    for (int i = 0; i < clients; ++i)
        bookers.push_back(node.spawn([accountant = *node.start(Accountant::start()), to = me->pid()](Process& self) {
            book_until_told(self, accountant, to);
        }));
    QElapsedTimer timer;
    timer.start();
    std::size_t heap_half_way = 0;
    std::uint64_t stacks_half_way = 0;
    strike(node, me, strikes, [&] {
        stacks_half_way = node.snapshot().node.stacks_bytes; // reads symbols the first time
        heap_half_way = heap_bytes();
    });
    const std::size_t heap_at_end = heap_bytes();
    qInfo("%d runaways killed and %d terminates in %lld ms; %llu abandoned; heap %+lld bytes over the last half", strikes,
          strikes, static_cast<long long>(timer.elapsed()), static_cast<unsigned long long>(node.snapshot().node.abandoned),
          static_cast<long long>(heap_at_end) - static_cast<long long>(heap_half_way));
    // a leak of 16 bytes an end would show; what clients and the log hold at a moment differs by less
    const std::size_t allowed = std::max<std::size_t>(static_cast<std::size_t>(strikes) * 16, 400'000);
    QVERIFY2(heap_at_end < heap_half_way + allowed, "the heap grows");
    QCOMPARE(node.snapshot().node.stacks_bytes, stacks_half_way);
    for (const Pid booker : bookers)
        node.send(booker, Tick{});
    for (int i = 0; i < clients; ++i) {
        const auto booked = me->receive_for<Booked>(10s);
        QVERIFY(booked.has_value());
        QVERIFY(booked->right > 0);
        QCOMPARE(booked->wrong, 0U);
    }
    for (int i = 0; i < 8; ++i)
        QTRY_VERIFY(node.whereis("child_" + std::to_string(i)) != Pid{});
    QVERIFY(node.stop_application("app"));
    QVERIFY(node.wait_until_quiet(10s));
    for (const SchedulerRow& row : node.snapshot().schedulers)
        QCOMPARE(row.started_processes, 0U); // no stack is left behind
}

/// Destructors of an abandoned process do not run: the count of abandonments tells how often something may have leaked.
void TestRunawayStress::what_leaks_is_counted() {
    Node node{stressed(2)};
    ExternalProcess me = node.attach();
    QVERIFY(node.start(Application{"app", eight_of(hoarder)}));
    std::size_t heap_half_way = 0;
    std::uint64_t abandoned_half_way = 0;
    strike(node, me, 50, [&] {
        heap_half_way = heap_bytes();
        abandoned_half_way = node.snapshot().node.abandoned;
    });
    const std::uint64_t leaks = node.snapshot().node.abandoned - abandoned_half_way;
    const std::size_t leaked = heap_bytes() - heap_half_way;
    qInfo("%llu abandonments leaked %zu bytes", static_cast<unsigned long long>(leaks), leaked);
    QVERIFY(leaks > 0);
    QVERIFY(leaked >= (leaks - 8) * hoard_bytes);
    QVERIFY(leaked <= (leaks + 8) * hoard_bytes * 11 / 10);
}

namespace {

/// Holds a lock that all share, computes with it in hand, and checks that it was alone.
struct Shared {
    Mutex mutex;
    int first = 0;
    int second = 0;
};
Checked share_until(const volatile std::sig_atomic_t& stop, Shared& shared) {
    Checked checked;
    do {
        const std::lock_guard lock{shared.mutex};
        checked.wrong += shared.first == shared.second ? 0 : 1;
        ++shared.first;
        volatile int spin = 0;
        while (spin < 5'000)
            spin = spin + 1;
        ++shared.second;
        ++checked.rounds;
    } while (stop == 0);
    return checked;
}

} // namespace

/// All kinds of work on few schedulers, a lock that they share, clients of a server, looks at everybody, suspensions, and
/// children that run away and terminate all the while.
void TestRunawayStress::everything_together() {
    Node node{stressed(3)};
    ExternalProcess me = node.attach();
    volatile std::sig_atomic_t stop = 0;
    Shared shared;
    std::vector<Pid> workers;
    for (const CheckedWork& work : checked_works)
        workers.push_back(node.spawn([&](Process& self) { self.send(me->pid(), check_until(stop, work)); }));
    for (int i = 0; i < 3; ++i)
        workers.push_back(node.spawn([&](Process& self) { self.send(me->pid(), share_until(stop, shared)); }));
    const Pid accountant = *node.start(Accountant::start());
    const Pid booker = node.spawn([accountant, to = me->pid()](Process& self) { book_until_told(self, accountant, to); });
    QVERIFY(node.start(Application{"app", eight_of(misbehaver)}));

    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{from_environment("FIBERSCOPE_STRESS_SECONDS", 3)};
    std::uint64_t rounds = 0;
    std::atomic<std::uint64_t> answers{0};
    while (std::chrono::steady_clock::now() < until) {
        ++rounds;
        strike(node, me, 4, [] {});
        const Pid chosen = workers[rounds % workers.size()];
        node.suspend(chosen);
        node.inspect(workers, Inspect::all, {}, [&answers](const auto& all) { answers += all.size(); });
        node.resume(chosen);
        node.set_schedulers_online(static_cast<std::uint32_t>(1 + rounds % 3));
    }
    node.set_schedulers_online(3);
    QTRY_COMPARE_WITH_TIMEOUT(answers.load(), rounds * workers.size(), 30'000);
    stop = 1;
    for (std::size_t i = 0; i < workers.size(); ++i) {
        const auto checked = me->receive_for<Checked>(30s);
        QVERIFY(checked.has_value());
        QVERIFY(checked->rounds > 0);
        QCOMPARE(checked->wrong, 0U);
    }
    node.send(booker, Tick{});
    const auto booked = me->receive_for<Booked>(30s);
    QVERIFY(booked.has_value());
    QVERIFY(booked->right > 0);
    QCOMPARE(booked->wrong, 0U);
    qInfo("%llu rounds, %llu abandoned, %llu bookings", static_cast<unsigned long long>(rounds),
          static_cast<unsigned long long>(node.snapshot().node.abandoned), static_cast<unsigned long long>(booked->right));
}

QTEST_APPLESS_MAIN(TestRunawayStress)
#include "tst_runaway_stress.moc"
