// SPDX-License-Identifier: BSL-1.0
/// Who runs when and where: schedulers, priorities, the blocking pool, life and end of Nodes.
#include "process_fixture.hpp"
#include "sanitizers.hpp"

#include <array>
#include <functional>
#include <semaphore>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

class TestScheduling : public QObject {
    Q_OBJECT

private slots:
    void starts_and_stops_data() { add_scheduler_rows(); }
    void starts_and_stops();
    void stops_at_once();
    void blocking_keeps_the_scheduler_free();
    void kill_inside_blocking_is_announced_at_once();
    void priority_max_goes_first();
    void low_takes_one_turn_in_eight();
    void many_processes_data() { add_scheduler_rows(); }
    void many_processes();
    void spawn_storm_across_schedulers();
    void idle_schedulers_take_new_processes();
    void idle_schedulers_take_who_had_its_slice();
    void several_nodes_at_once();
    void nice_is_added_to_that_of_the_program();
    void how_many_are_online_agrees_with_who_is();
    void call_after_stop_says_so();
};

void TestScheduling::starts_and_stops() {
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
void TestScheduling::stops_at_once() {
    for (int round = 0; round < 200; ++round)
        Node node{with_schedulers(4)};
}

void TestScheduling::blocking_keeps_the_scheduler_free() {
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

void TestScheduling::kill_inside_blocking_is_announced_at_once() {
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

void TestScheduling::priority_max_goes_first() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    me->spawn([to = me->pid()](Process& self) {
        const NoPreempt together; // else one of the first may have its turn before the last is there
        for (int i = 0; i < 5; ++i)
            self.spawn([to, i](Process& child) { child.send(to, Tick{i}); });
        self.spawn([to](Process& child) { child.send(to, Tick{100}); }, {.priority = Priority::max});
    });
    QCOMPARE(me->receive<Tick>().number, 100);
    QCOMPARE(me->receive<Tick>().number, 0);
}

void TestScheduling::low_takes_one_turn_in_eight() {
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

void TestScheduling::many_processes() {
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

void TestScheduling::spawn_storm_across_schedulers() {
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

namespace {

/// Processes that have always something to do, and how often they came round. To be made before their Node.
class BusyPair {
public:
    /// Both by one process, so on one scheduler.
    void spawn_in(Node& node) {
        node.spawn([this](Process& self) {
            for (auto& mine : turns_)
                self.spawn([&mine](Process& busy) {
                    for (;; ++mine)
                        busy.poll();
                });
        });
    }
    bool have_both_run() const { return turns_[0] > 0 && turns_[1] > 0; }

private:
    std::array<std::atomic<std::uint64_t>, 2> turns_{};
};

#ifdef FIBERSCOPE_THREAD_SANITIZER
constexpr bool stays_who_has_begun = true;
#else
constexpr bool stays_who_has_begun = false;
#endif

bool do_both_schedulers_run(const Node& node) {
    const Snapshot snapshot = node.snapshot();
    return snapshot.schedulers[0].running && snapshot.schedulers[1].running;
}

} // namespace

/// Two busy processes spawned by one: the second must not wait behind the first while a scheduler idles.
void TestScheduling::idle_schedulers_take_new_processes() {
    if (stays_who_has_begun)
        QSKIP("the second is new no more if the idle scheduler wakes late, and stays then");
    BusyPair pair;
    Node node{with_schedulers(2)};
    QVERIFY(node.wait_until_quiet(10s));
    pair.spawn_in(node);
    QTRY_VERIFY_WITH_TIMEOUT(do_both_schedulers_run(node), 10'000);
}

/// The same when the second scheduler had something to do at first: both have begun on the first one by then.
void TestScheduling::idle_schedulers_take_who_had_its_slice() {
    if (stays_who_has_begun)
        QSKIP("who has begun stays on its scheduler");
    BusyPair pair;
    std::atomic<int> occupant{0};
    Node node{with_schedulers(2)};
    QVERIFY(node.wait_until_quiet(10s));
    node.spawn([&occupant](Process&) {
        occupant = 1;
        while (occupant == 1)
            ;
    });
    QTRY_COMPARE(occupant.load(), 1);
    pair.spawn_in(node);
    QTRY_VERIFY(pair.have_both_run());
    QVERIFY(do_both_schedulers_run(node));
    occupant = 2;
    QTRY_VERIFY_WITH_TIMEOUT(node.process_count() == 3 && do_both_schedulers_run(node), 10'000); // with the logger
}

void TestScheduling::several_nodes_at_once() {
    Node first{with_schedulers(2)};
    Node second{with_schedulers(2)};
    QVERIFY(first.id() != second.id());
    const Pid pid = first.spawn([](Process& self) { self.receive<Tick>(); });
    QVERIFY(!second.is_alive(pid));
    QVERIFY(!second.send(pid, Tick{}));
    QVERIFY(first.send(pid, Tick{}));
}

void TestScheduling::how_many_are_online_agrees_with_who_is() {
    constexpr std::uint32_t schedulers = 4;
    Node node{with_schedulers(schedulers)};
    for (int round = 0; round < 200; ++round) {
        std::thread other{[&] { node.set_schedulers_online(1); }};
        node.set_schedulers_online(schedulers);
        other.join();
        std::uint32_t online = 0;
        for (const SchedulerRow& row : node.snapshot().schedulers)
            online += row.state == SchedulerState::online ? 1 : 0;
        QCOMPARE(online, node.schedulers_online());
    }
}

void TestScheduling::call_after_stop_says_so() {
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

/// What is started with a nice value stays as nice as it is to be.
void TestScheduling::nice_is_added_to_that_of_the_program() {
    std::thread{[] { // a thread never gets back what it has given up
        const auto self = static_cast<id_t>(::gettid());
        const int before = ::getpriority(PRIO_PROCESS, self);
        QCOMPARE(::setpriority(PRIO_PROCESS, self, before + 3), 0);
        NodeConfig config = with_schedulers(1);
        config.scheduler_nice = 5;
        const Node node{config};
        const auto scheduler = static_cast<id_t>(node.snapshot().schedulers[0].thread_id);
        QCOMPARE(::getpriority(PRIO_PROCESS, scheduler), before + 8);
    }}
        .join();
}

QTEST_APPLESS_MAIN(TestScheduling)
#include "tst_scheduling.moc"
