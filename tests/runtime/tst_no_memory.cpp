// SPDX-License-Identifier: BSL-1.0
/// std::bad_alloc in the middle of a runtime call is the caller's, and nothing has happened.
#include "failing_code.hpp"

#include <cstdlib>
#include <new>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

// -- an operator new that fails when told to ----

namespace {

/// Allocations of this thread that succeed before one fails; negative: all do.
[[gnu::tls_model("initial-exec")]] constinit thread_local int allocations_left = -1;

void* allocate(std::size_t size) {
    if (allocations_left >= 0 && allocations_left-- == 0)
        throw std::bad_alloc{};
    if (void* memory = std::malloc(size != 0 ? size : 1)) // NOLINT(cppcoreguidelines-no-malloc)
        return memory;
    throw std::bad_alloc{};
}

} // namespace

// NOLINTBEGIN(misc-new-delete-overloads,cppcoreguidelines-no-malloc)
void* operator new(std::size_t size) {
    return allocate(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}
// NOLINTEND(misc-new-delete-overloads,cppcoreguidelines-no-malloc)

class TestNoMemory : public QObject {
    Q_OBJECT

private slots:
    void while_spawning_data();
    void while_spawning();
    void while_sending_data();
    void while_sending();
    void while_handling_signals();
    void while_making_a_node();
    void while_attaching();
    void while_blocking_and_sleeping();
};

namespace {

/// Tries `operation` with the first, the second, ... allocation failing, until it needs no more. How often it failed.
template <class Operation, class Check>
int fail_each_allocation(Operation operation, Check after_failure) {
    for (int count = 0;; ++count) {
        bool has_failed = false;
        allocations_left = count;
        try {
            operation();
        } catch (const std::bad_alloc&) {
            has_failed = true;
        }
        allocations_left = -1;
        if (!has_failed)
            return count;
        after_failure();
    }
}

/// Of a process of this thread, which answers when it looks at its signals.
Inspection inspected(Node& node, ExternalProcess& me) {
    Inspection result;
    bool has_come = false;
    node.inspect({me->pid()}, Inspect::links, {}, [&](const auto& all) {
        result = all.front();
        has_come = true;
    });
    me->receive(on<Bomb>([](Bomb) {}), after(0s));
    if (!has_come)
        qFatal("an external process did not answer");
    return result;
}

} // namespace

void TestNoMemory::while_spawning_data() {
    QTest::addColumn<bool>("links");
    QTest::addColumn<bool>("monitors");
    QTest::addColumn<bool>("has_all");
    for (const bool links : {false, true})
        for (const bool monitors : {false, true})
            for (const bool has_all : {false, true})
                QTest::addRow("%d%d%d", links, monitors, has_all) << links << monitors << has_all;
}

void TestNoMemory::while_spawning() {
    QFETCH(bool, links);
    QFETCH(bool, monitors);
    QFETCH(bool, has_all);
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    me->trap_exit(true);
    for (int round = 0; round < 40; ++round) { // tables grow on the way
        SpawnOptions options;
        options.link = links;
        options.monitor = monitors;
        if (has_all) {
            options.name = Atom{"child" + std::to_string(round)};
            options.label = "a label that is too long for a small string";
            options.heap_limit.most = options.message_queue_limit.most = 1000;
            options.initial_function = "a function whose name is new in round " + std::to_string(round);
        }
        const auto expected = static_cast<std::uint32_t>(round + 2); // the logger and this thread
        std::pair<Pid, MonitorRef> child;
        const int failures =
            fail_each_allocation([&] { child = me->spawn_monitor([](Process& self) { self.receive<Tick>(); }, options); },
                                 [&] {
                                     QCOMPARE(node.process_count(), expected);
                                     QVERIFY(!options.name || node.whereis(options.name) == Pid{});
                                 });
        QVERIFY(failures >= 2);
        QCOMPARE(node.process_count(), expected + 1);
        const Inspection inspection = inspected(node, me);
        QCOMPARE(inspection.links.size(), links ? static_cast<std::size_t>(round + 1) : 0U);
        QCOMPARE(inspection.monitors.size(), static_cast<std::size_t>(round + 1));
        QVERIFY(!options.name || node.whereis(options.name) == child.first);
    }
    for (const ProcessRow& row : node.snapshot().processes)
        if (row.pid != me->pid() && !row.is_system())
            me->send(row.pid, Tick{});
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.process_count(), 2U);
    const Inspection inspection = inspected(node, me);
    QCOMPARE(inspection.links.size(), 0U);
    QCOMPARE(inspection.monitors.size(), 0U);
    QCOMPARE(inspection.message_count, (links ? 40U : 0U) + 40U);
    QCOMPARE(node.snapshot().node.exits, node.snapshot().node.spawns - 2);
}

void TestNoMemory::while_sending_data() {
    QTest::addColumn<QString>("what");
    for (const char* what : {"send", "cast", "call", "link", "monitor", "suspend", "send_after", "register", "exit", "heap"})
        QTest::newRow(what) << what;
}

void TestNoMemory::while_sending() {
    QFETCH(QString, what);
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const Pid server = *node.start(Thrower::start());
    std::atomic<int> destroyed{0};
    Limit limit;
    int all_failures = 0;
    for (int round = 0; round < 40; ++round) {
        const Pid pid = me->spawn([](Process& self) { self.receive<Tick>(); });
        QVERIFY(node.wait_until_quiet(10s));
        const Inspection before = inspected(node, me);
        const auto timers = node.snapshot().node.timers;
        const Atom name{"name" + std::to_string(round)};
        int answer = 0;
        const int failures = fail_each_allocation(
            [&] {
                if (what == "send")
                    me->send(pid, Mourned{destroyed});
                if (what == "cast")
                    me->cast(pid, Mourned{destroyed});
                if (what == "call")
                    answer = me->call(server, Thrower::Ask{});
                if (what == "link")
                    me->link(pid);
                if (what == "monitor")
                    me->monitor(pid);
                if (what == "suspend")
                    me->suspend(pid);
                if (what == "send_after")
                    me->send_after(1h, pid, Mourned{destroyed});
                if (what == "register")
                    me->register_name(name, pid);
                if (what == "exit")
                    me->exit(pid, ExitReason::shutdown());
                if (what == "heap")
                    limit = me->heap_limit({.most = static_cast<std::size_t>(round) + 1000});
            },
            [&] {
                const Inspection after = inspected(node, me);
                QCOMPARE(after.links.size(), before.links.size());
                QCOMPARE(after.monitors.size(), before.monitors.size());
                QCOMPARE(after.message_count, std::size_t{0});
                QCOMPARE(node.snapshot().node.timers, timers);
                QCOMPARE(node.whereis(name), Pid{});
                QVERIFY(node.is_alive(pid));
            });
        all_failures += failures;
        QVERIFY(node.wait_until_quiet(10s));
        if (what == "call")
            QCOMPARE(answer, 42);
        if (what == "link")
            QCOMPARE(inspected(node, pid, Inspect::links).links, std::vector<Pid>{me->pid()});
        if (what == "monitor")
            QCOMPARE(inspected(node, pid, Inspect::links).monitored_by, std::vector<Pid>{me->pid()});
        if (what == "suspend")
            QVERIFY(inspected(node, pid, Inspect::links).status == Status::suspended);
        if (what == "send_after")
            QCOMPARE(node.snapshot().node.timers, timers + 1);
        if (what == "exit")
            QVERIFY(!node.is_alive(pid));
        if (what == "heap")
            QCOMPARE(limit.most, round == 0 ? std::size_t{0} : static_cast<std::size_t>(round) + 999);
    }
    QVERIFY(all_failures > 0);
    QVERIFY(node.is_alive(server));
}

/// Who cannot take note of a monitor ends; who made it hears as much as of a dead process.
void TestNoMemory::while_handling_signals() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::optional<ExternalProcess> other{node.attach()};
    const Pid pid = (*other)->pid();
    const MonitorRef monitor = me->monitor(pid);
    me->send(pid, Tick{1}); // comes too late
    std::string reason;
    allocations_left = 0;
    try {
        (*other)->receive_for<Tick>(0s);
    } catch (const ProcessExit& exit) {
        allocations_left = -1;
        reason = to_string(exit.reason);
    }
    allocations_left = -1;
    QCOMPARE(reason, std::string{R"({error,"std::bad_alloc"})"});
    other.reset();
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"noproc"});
    QCOMPARE(node.process_count(), 2U);
}

void TestNoMemory::while_making_a_node() {
    const NodeConfig config = with_schedulers(2);
    const int failures = fail_each_allocation(
        [&config] {
            const Node node{config};
            allocations_left = -1; // it takes memory to end one, too
        },
        [&config] {
            Node another{config};
            ExternalProcess me = another.attach();
            const auto [pid, monitor] = me->spawn_monitor([](Process&) {});
            QCOMPARE(reason_of_end(me, pid, monitor), ExitReason::normal());
        });
    QVERIFY(failures >= 10);
}

void TestNoMemory::while_attaching() {
    Node node{with_schedulers(1)};
    const int failures = fail_each_allocation([&node] { const ExternalProcess me = node.attach(); },
                                              [&node] { QCOMPARE(node.process_count(), 1U); });
    QVERIFY(failures >= 2);
}

/// The call fails, and the process goes on as before: it is not shown as blocking, its next timeout comes.
void TestNoMemory::while_blocking_and_sleeping() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::atomic<int> failures{0};
    const auto body = [&failures](Process& self) {
        failures += fail_each_allocation([&self] { self.blocking([] {}); }, [] {});
        failures += fail_each_allocation([&self] { self.sleep(1ms); }, [] {});
    };
    for (int i = 0; i < 100; ++i) // the table of timeouts grows on the way
        node.spawn([](Process& self) { self.receive(on<Tick>([](Tick) {}), after(1h, [] {})); });
    for (int i = 0; i < 100; ++i) {
        const auto [pid, monitor] = me->spawn_monitor(body);
        QCOMPARE(reason_of_end(me, pid, monitor), ExitReason::normal());
    }
    QVERIFY(failures >= 100);
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.snapshot().node.blocking_threads, 0U);
}

QTEST_APPLESS_MAIN(TestNoMemory)
#include "tst_no_memory.moc"
