// SPDX-License-Identifier: BSL-1.0
/// What is shown is so: figures of snapshots agree with the operating system and with what the test caused.
#include "process_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include <unistd.h>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

struct Stop {};

/// What the operating system says of a thread, nanoseconds: how long it ran, and how long it stood in line for a core.
/// Others' load on the machine makes the second; a busy scheduler that stands in line is busy all the same.
struct ThreadTimes {
    std::uint64_t ran = 0;
    std::uint64_t waited = 0;
};

ThreadTimes times_of(std::int32_t thread) {
    std::ifstream schedstat{"/proc/self/task/" + std::to_string(thread) + "/schedstat"};
    ThreadTimes times;
    schedstat >> times.ran >> times.waited;
    return times;
}

/// What the machine below has taken of one of this one's processors at most, nanoseconds: no thread's times tell it.
std::uint64_t stolen_ns() {
    std::ifstream stat{"/proc/stat"};
    std::string cpu;
    std::uint64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    return steal * 1'000'000'000U / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

struct Moment {
    std::vector<SchedulerRow> schedulers;
    std::vector<ThreadTimes> threads;
    std::uint64_t stolen_ns = 0;
};

Moment look(const Node& node) {
    Snapshot snapshot;
    node.counters(snapshot);
    Moment moment{snapshot.schedulers, {}, stolen_ns()};
    for (const SchedulerRow& scheduler : snapshot.schedulers)
        moment.threads.push_back(times_of(scheduler.thread_id));
    return moment;
}

/// Busy for half of each ten milliseconds.
void half_busy(Process& self) {
    for (;;) {
        const auto until = std::chrono::steady_clock::now() + 5ms;
        while (std::chrono::steady_clock::now() < until)
            self.poll();
        self.sleep(5ms);
    }
}

struct Fragile final : Server<Fragile> {};

} // namespace

class TestCounters : public QObject {
    Q_OBJECT

private slots:
    void utilization_agrees_with_the_system();
    void counts_agree_with_what_was_caused();
    void reductions_follow_the_time_that_was_used();
    void idle_node_takes_no_time();
};

void TestCounters::utilization_agrees_with_the_system() {
    Node node{with_schedulers(2)};
    node.spawn([](Process& self) { half_busy(self); });
    const Moment before = look(node);
    std::this_thread::sleep_for(5s); // the span that is measured
    const Moment after = look(node);
    for (std::size_t i = 0; i < after.schedulers.size(); ++i) {
        const auto total = static_cast<double>(after.schedulers[i].total_ns - before.schedulers[i].total_ns);
        const auto percent = [total](std::uint64_t now, std::uint64_t then) {
            return 100.0 * static_cast<double>(now - then) / total;
        };
        const double shown = percent(after.schedulers[i].busy_ns, before.schedulers[i].busy_ns);
        const double ran = percent(after.threads[i].ran, before.threads[i].ran);
        const double waited = percent(after.threads[i].waited, before.threads[i].waited);
        const double stolen = percent(after.stolen_ns, before.stolen_ns);
        QVERIFY2(shown >= ran - 2.0 && shown <= ran + waited + stolen + 2.0,
                 qPrintable(QString{"scheduler %1: %2 % shown; it ran for %3 % and stood in line for %4 %"}
                                .arg(after.schedulers[i].id)
                                .arg(shown)
                                .arg(ran)
                                .arg(waited)));
    }
}

/// Turns a little shorter than what a signal ends.
void TestCounters::reductions_follow_the_time_that_was_used() {
    NodeConfig config = with_schedulers(1);
    config.slice = config.signal_slice = config.long_schedule = 20ms;
    Node node{config};
    const Pid worker = node.spawn([](Process& self) {
        for (int turn = 0; turn < 20; ++turn) {
            const auto end = std::chrono::steady_clock::now() + 15ms;
            while (std::chrono::steady_clock::now() < end) {
            }
            self.yield();
        }
        self.receive<Stop>();
    });
    QVERIFY(node.wait_until_quiet(10s));
    const Snapshot snapshot = node.snapshot();
    const auto row = std::ranges::find(snapshot.processes, worker, &ProcessRow::pid);
    QVERIFY(row != snapshot.processes.end());
    const double slices = static_cast<double>(row->cpu_ns) / 20e6;
    const double reductions = static_cast<double>(row->reductions) / config.reductions_per_slice;
    QVERIFY2(reductions > slices * 0.9 && reductions < slices * 1.1, qPrintable(QString{"%1 of %2"}.arg(reductions).arg(slices)));
    QVERIFY(row->cpu_ns > 0);
}

void TestCounters::counts_agree_with_what_was_caused() {
    constexpr std::uint64_t plain = 500;
    constexpr std::uint64_t kills = 20;
    Node node{with_schedulers(2)};
    const Snapshot before = node.snapshot();
    QVERIFY(node.start(
        Supervisor::one_for_one({.intensity = 1000, .period = 1s}).child("fragile", Fragile::start().named("fragile"))));
    for (std::uint64_t i = 0; i < plain; ++i)
        node.spawn([](Process& self) { self.receive<Stop>(); });
    for (std::uint64_t i = 0; i < kills; ++i) {
        QVERIFY(node.exit(node.whereis("fragile"), ExitReason::kill()));
        QVERIFY(node.wait_until_quiet(10s));
    }
    Snapshot after = node.snapshot();
    QCOMPARE(after.node.restarts - before.node.restarts, kills);
    QCOMPARE(after.node.process_count, before.node.process_count + plain + 2);
    QCOMPARE(after.processes.size(), std::size_t{after.node.process_count});
    std::uint64_t killed = 0;
    std::uint64_t restarted = 0;
    for (const Event& event : node.events_after(0).events) {
        killed += event.kind == EventKind::exit && to_string(event.reason) == "killed" ? 1 : 0;
        restarted += event.kind == EventKind::restart ? 1 : 0;
    }
    QCOMPARE(killed, kills);
    QCOMPARE(restarted, kills);
    for (const ProcessRow& row : after.processes)
        if (name_of(row.initial_function).find("counts_agree") != std::string_view::npos)
            QVERIFY(node.send(row.pid, Stop{}));
    QVERIFY(node.wait_until_quiet(10s));
    after = node.snapshot();
    QCOMPARE(after.node.process_count, before.node.process_count + 2);
    QCOMPARE(after.node.spawns - after.node.exits, std::uint64_t{after.node.process_count});
}

void TestCounters::idle_node_takes_no_time() {
    Node node{with_schedulers(2)};
    QVERIFY(node.wait_until_quiet(5s));
    const Moment before = look(node);
    std::this_thread::sleep_for(1s); // the span that is measured
    const Moment after = look(node);
    for (std::size_t i = 0; i < after.schedulers.size(); ++i)
        QVERIFY(after.schedulers[i].cpu_ns - before.schedulers[i].cpu_ns < 10'000'000); // 1 % of a core
}

QTEST_APPLESS_MAIN(TestCounters)
#include "tst_counters.moc"
