// SPDX-License-Identifier: BSL-1.0
/// The memory of a process's own: its limit, and that nothing is left of it when the process has ended.
#include "limits_fixture.hpp"
#include "sanitizers.hpp"

#include <limits>
#include <new>

#include <malloc.h>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

namespace {

/// Bytes that the program has of malloc, mapped ones as well.
std::size_t bytes_of_program() {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

} // namespace

class TestProcessHeap : public QObject {
    Q_OBJECT

private slots:
    void memory_of_its_own();
    void heap_of_an_external_process();
    void heap_over_limit_kills_data() { add_scheduler_rows(); }
    void heap_over_limit_kills();
    void heap_over_limit_warns();
    void a_heap_that_unwinds_still_gives();
    void an_exit_that_is_swallowed_comes_again();
    void a_kill_in_noexcept_code();
    void heaps_are_given_back_data();
    void heaps_are_given_back();
    void no_memory_is_an_error_of_one_process_data() { add_scheduler_rows(); }
    void no_memory_is_an_error_of_one_process();
    void in_blocking_it_is_counted_only();
};

void TestProcessHeap::memory_of_its_own() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([to = me->pid()](Process& self) {
        QCOMPARE(self.heap_bytes(), std::size_t{0});
        Bytes bytes{100 * kilobyte, &self.heap()};
        QCOMPARE(self.heap_bytes(), 100 * kilobyte);
        QVERIFY(self.heap() == self.heap());
        {
            std::pmr::vector<std::pmr::string> texts{&self.heap()};
            for (int i = 0; i < 1000; ++i)
                texts.emplace_back(std::string(static_cast<std::size_t>(i), 'x'));
            QVERIFY(self.heap_bytes() > 100 * kilobyte + 1000 * 999 / 2);
            QVERIFY(texts[999].back() == 'x');
        }
        QCOMPARE(self.heap_bytes(), 100 * kilobyte);
        self.send(to, Tock{});
        self.receive<Tick>();
        bytes = Bytes{&self.heap()};
        bytes.shrink_to_fit();
        self.send(to, Tock{static_cast<int>(self.heap_bytes())});
        self.receive<Tick>();
    });
    QVERIFY(me->receive_for<Tock>(10s).has_value());
    QCOMPARE(inspected(node, pid, Inspect::links).heap_bytes, 100 * kilobyte);
    QVERIFY(row_of(node, pid).memory_bytes > 100 * kilobyte); // what it has taken
    me->send(pid, Tick{});
    const auto left = me->receive_for<Tock>(10s);
    QVERIFY(left && left->number == 0);
    QCOMPARE(inspected(node, pid, Inspect::links).heap_bytes, std::size_t{0});
    me->send(pid, Tick{});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
}

void TestProcessHeap::heap_of_an_external_process() {
    Node node{with_schedulers(1)};
    {
        ExternalProcess me = node.attach();
        const Bytes bytes{megabyte, &me->heap()};
        QCOMPARE(me->heap_bytes(), megabyte);
        QVERIFY(row_of(node, me->pid()).memory_bytes > megabyte);
    }
    QCOMPARE(node.process_count(), 1U); // the logger
}

void TestProcessHeap::heap_over_limit_kills() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    std::atomic<int> destroyed{0};
    std::atomic<bool> was_passed{false};
    const auto [pid, monitor] = me->spawn_monitor(
        [&](Process& self) {
            self.trap_exit(true); // does not help
            const Witness witness{destroyed};
            std::pmr::vector<Bytes> all{&self.heap()};
            for (int i = 0; i < 20; ++i)
                all.emplace_back(100 * kilobyte);
            was_passed = true;
        },
        {.name = "hoarder", .heap_limit = {.most = megabyte}});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QVERIFY(!was_passed); // right at the allocation
    QCOMPARE(destroyed.load(), 1);
    const auto reports = limit_reports(node);
    QCOMPARE(reports.size(), std::size_t{1});
    QCOMPARE(reports[0].level, LogLevel::error);
    QCOMPARE(reports[0].pid, pid);
    QCOMPARE(field_of(reports[0], "pid"), to_string(pid));
    QCOMPARE(field_of(reports[0], "registered_name"), std::string{"hoarder"});
    QCOMPARE(field_of(reports[0], "limit"), std::string{"heap over 1048576 bytes"});
    QCOMPARE(field_of(reports[0], "kill"), std::string{"true"});
    QVERIFY(std::stoul(field_of(reports[0], "size")) > megabyte);
    QVERIFY(field_of(reports[0], "initial_call") != "none");
    const Event exit = exit_event_of(node, pid);
    QCOMPARE(exit.note, std::string{"heap over 1048576 bytes"});
    QVERIFY(!exit.abandoned);
    const Snapshot snapshot = node.snapshot();
    QCOMPARE(snapshot.node.over_limit, 1U);
    QCOMPARE(snapshot.node.abandoned, 0U);
    QCOMPARE(snapshot.node.crashes, 0U);
    // one that is killed by another is not counted, though it has a limit
    const auto [other, other_monitor] =
        me->spawn_monitor(hold_messages, {.message_queue_limit = {.most = 10}, .heap_limit = {.most = 10}});
    me->exit(other, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, other, other_monitor)), std::string{"killed"});
    QCOMPARE(exit_event_of(node, other).note, std::string{});
    QCOMPARE(node.snapshot().node.over_limit, 1U);
}

/// One warning, and the next one only after the heap was down to half of the limit.
void TestProcessHeap::heap_over_limit_warns() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(
        [](Process& self) {
            std::pmr::memory_resource& heap = self.heap();
            const auto up_and_down = [&](std::size_t from) {
                Bytes first{from, &heap};
                for (int i = 0; i < 3; ++i)
                    Bytes{500 * kilobyte, &heap};
            };
            up_and_down(600 * kilobyte); // passes it thrice, is down to 600 KB between
            up_and_down(400 * kilobyte); // was down to 0 before; never passes it
            up_and_down(600 * kilobyte);
        },
        {.heap_limit = {.most = 1000 * kilobyte, .then = OverLimit::warn}});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
    const auto reports = limit_reports(node);
    QCOMPARE(reports.size(), std::size_t{2});
    QCOMPARE(reports[0].level, LogLevel::warning);
    QCOMPARE(field_of(reports[0], "kill"), std::string{"false"});
    QCOMPARE(field_of(reports[0], "size"), std::to_string(1100 * kilobyte));
    QCOMPARE(node.snapshot().node.over_limit, 0U);
    QCOMPARE(exit_event_of(node, pid).note, std::string{});
}

namespace {
struct AllocatesAtEnd {
    Process& self;
    bool& was_given;
    ~AllocatesAtEnd() {
        const Bytes bytes{2 * megabyte, &self.heap()};
        was_given = bytes.size() == 2 * megabyte;
    }
};
} // namespace

void TestProcessHeap::a_heap_that_unwinds_still_gives() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    bool was_given = false;
    const auto [pid, monitor] = me->spawn_monitor(
        [&](Process& self) {
            const AllocatesAtEnd at_end{self, was_given};
            const Bytes bytes{2 * megabyte, &self.heap()};
        },
        {.heap_limit = {.most = megabyte}});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QVERIFY(was_given);
    QCOMPARE(limit_reports(node).size(), std::size_t{1});
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

void TestProcessHeap::an_exit_that_is_swallowed_comes_again() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    int caught = 0;
    const auto [pid, monitor] = me->spawn_monitor(
        [&](Process& self) {
            for (int i = 0; i < 2; ++i)
                try {
                    const Bytes bytes{2 * megabyte, &self.heap()};
                } catch (...) { // NOLINT(bugprone-empty-catch): what must not be done
                    ++caught;
                }
            self.poll();
            caught = 100;
        },
        {.heap_limit = {.most = megabyte}});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QCOMPARE(caught, 2);
    QCOMPARE(limit_reports(node).size(), std::size_t{1});
    QCOMPARE(node.snapshot().node.over_limit, 1U);
}

void TestProcessHeap::a_kill_in_noexcept_code() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] =
        me->spawn_monitor([](Process& self) { [&]() noexcept {
                                                  const Bytes bytes{2 * megabyte, &self.heap()};
                                              }(); },
                          {.heap_limit = {.most = megabyte}});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QCOMPARE(exit_event_of(node, pid).note, std::string{"heap over 1048576 bytes"});
    QCOMPARE(node.snapshot().node.abandoned, 1U);
    QCOMPARE(node.snapshot().node.over_limit, 1U);
}

void TestProcessHeap::heaps_are_given_back_data() {
    QTest::addColumn<int>("way");
    QTest::newRow("normal exit") << 0;
    QTest::newRow("kill") << 1;
    QTest::newRow("std::terminate") << 2;
    QTest::newRow("over its limit") << 3;
    QTest::newRow("server") << 4;
    QTest::newRow("runaway") << 5;
}

/// 4 MB a process: what its end did not give back would be seen.
void TestProcessHeap::heaps_are_given_back() {
    QFETCH(int, way);
    if (way == 5 && !why_no_signals().empty())
        QSKIP("no signals");
    Node node{way == 5 ? with_signals(1) : with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto round = [&] {
        if (way == 4) {
            const Pid server = *node.start(Hoarder::start());
            me->cast(server, Hoarder::Take{4 * megabyte});
            return std::string{me->stop(server) ? "stopped" : "not stopped"};
        }
        const auto [pid, monitor] = me->spawn_monitor(
            [way, to = me->pid()](Process& self) {
                // leaked, as frames leak what they own that are given up
                auto* bytes = new (self.heap().allocate(sizeof(Bytes))) Bytes{4 * megabyte, &self.heap()};
                for (int i = 0; i < 1000; ++i)
                    static_cast<void>(self.heap().allocate(static_cast<std::size_t>(i) + 1));
                self.send(to, Tock{static_cast<int>(bytes->size() / megabyte)});
                if (way == 1)
                    self.receive<Tick>();
                if (way == 2)
                    std::terminate();
                if (way == 3)
                    static_cast<void>(self.heap().allocate(megabyte));
                if (way == 5)
                    run_away(self);
            },
            {.heap_limit = {.most = 5 * megabyte}});
        me->receive_for<Tock>(10s);
        if (way == 1 || way == 5)
            me->exit(pid, ExitReason::kill());
        return to_string(reason_of_end(me, pid, monitor));
    };
    for (int i = 0; i < 5; ++i)
        round(); // what is kept for later processes is there now
    QVERIFY(node.wait_until_quiet(10s));
    const std::size_t before = bytes_of_program();
    std::string reason;
    for (int i = 0; i < 20; ++i)
        reason = round();
    QVERIFY(node.wait_until_quiet(10s));
    const std::size_t after = bytes_of_program();
    QVERIFY2(after < before + megabyte, std::to_string(after - before).c_str());
    const char* const reasons[] = {"normal", "killed", "{terminate,no_exception}", "killed", "stopped", "killed"};
    QCOMPARE(reason, std::string{reasons[way]});
}

void TestProcessHeap::no_memory_is_an_error_of_one_process() {
#ifdef FIBERSCOPE_ADDRESS_SANITIZER
    QSKIP("AddressSanitizer ends the program where there is no memory");
#endif
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    const auto [other, other_monitor] = me->spawn_monitor([](Process& self) {
        const Tick tick = self.receive<Tick>();
        self.exit(Term::integer(tick.number));
    });
    constexpr std::size_t too_much = std::numeric_limits<std::ptrdiff_t>::max() / 2;
    const auto [pid, monitor] = me->spawn_monitor([](Process&) { const std::vector<std::byte> bytes(too_much); });
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{R"({error,"std::bad_alloc"})"});
    const auto [heap, heap_monitor] = me->spawn_monitor([](Process& self) {
        const Bytes before{1000, &self.heap()};
        try {
            const Bytes bytes{too_much, &self.heap()};
        } catch (const std::bad_alloc&) {
            QCOMPARE(self.heap_bytes(), std::size_t{1000});
            const Bytes after{1000, &self.heap()}; // the heap is in order
            throw;
        }
    });
    QCOMPARE(to_string(reason_of_end(me, heap, heap_monitor)), std::string{R"({error,"std::bad_alloc"})"});
    me->send(other, Tick{7});
    QCOMPARE(to_string(reason_of_end(me, other, other_monitor)), std::string{"7"});
}

/// A function in the blocking pool runs beside its process: it is not ended there, but at the next allocation after it.
void TestProcessHeap::in_blocking_it_is_counted_only() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    std::atomic<bool> is_back{false};
    const auto [pid, monitor] = me->spawn_monitor(
        [&](Process& self) {
            Bytes bytes{&self.heap()};
            self.blocking([&] { bytes.resize(2 * megabyte); });
            QCOMPARE(self.heap_bytes(), 2 * megabyte);
            is_back = true;
            const Bytes more{1, &self.heap()};
            is_back = false;
        },
        {.heap_limit = {.most = megabyte}});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QVERIFY(is_back);
}

QTEST_APPLESS_MAIN(TestProcessHeap)
#include "tst_process_heap.moc"
