// SPDX-License-Identifier: BSL-1.0
/// The threads for calls that block: who is woken, and what is told when all are busy.
#include "process_fixture.hpp"

#include "scheduler/blocking_pool.hpp"

#include <latch>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>

using namespace fiberscope;
using namespace fiberscope::detail;
using namespace fiberscope::test;

namespace {

/// What a pool has told, and jobs for it that wait.
struct WatchedPool {
    std::mutex mutex;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> told;
    BlockingPool pool;

    explicit WatchedPool(std::uint32_t threads)
        : pool{threads, [this](std::uint32_t busy, std::uint32_t waiting) {
                   const std::lock_guard lock{mutex};
                   told.emplace_back(busy, waiting);
               }} {}

    void submit(int jobs, std::latch& may_end) {
        for (int i = 0; i < jobs; ++i)
            pool.submit([&may_end] { may_end.wait(); });
    }
    std::size_t times_told() {
        const std::lock_guard lock{mutex};
        return told.size();
    }
};

} // namespace

class TestBlockingPool : public QObject {
    Q_OBJECT

private slots:
    void a_full_pool_is_told_once_an_episode();
    void a_node_reports_and_shows_a_full_pool();
    void every_job_runs();
    void idle_threads_take_no_part_in_others_jobs();
    void a_job_that_has_not_begun_is_taken_back();
};

void TestBlockingPool::a_full_pool_is_told_once_an_episode() {
    WatchedPool watched{2};
    for (std::size_t episode = 1; episode <= 3; ++episode) {
        std::latch may_end{1};
        watched.submit(2, may_end);
        QTRY_COMPARE(watched.pool.busy_threads(), 2U);
        QCOMPARE(watched.pool.waiting_jobs(), 0U);
        QCOMPARE(watched.times_told(), episode - 1); // all busy, but nobody waits
        watched.submit(5, may_end);
        QCOMPARE(watched.pool.waiting_jobs(), 5U);
        QCOMPARE(watched.times_told(), episode);
        QCOMPARE(watched.told.back(), (std::pair{2U, 1U}));
        may_end.count_down();
        QTRY_COMPARE(watched.pool.in_flight(), 0U);
        QTRY_COMPARE(watched.pool.busy_threads(), 0U);
        QCOMPARE(watched.pool.waiting_jobs(), 0U);
    }
}

void TestBlockingPool::a_node_reports_and_shows_a_full_pool() {
    NodeConfig config = with_schedulers(1);
    config.blocking_threads = 2;
    Node node{config};
    std::latch may_end{1};
    for (int i = 0; i < 5; ++i)
        node.spawn([&may_end](Process& self) { self.blocking([&may_end] { may_end.wait(); }); });
    QTRY_COMPARE(node.snapshot().node.blocking_jobs_waiting, 3U);
    QTRY_COMPARE(node.snapshot().node.blocking_threads, 2U);
    QCOMPARE(node.snapshot().node.most_blocking_threads, 2U);
    const auto reports = reports_of(node, "BLOCKING POOL FULL");
    QCOMPARE(reports.size(), 1U);
    QCOMPARE(reports.front().level, LogLevel::warning);
    QCOMPARE(reports.front().fields, (decltype(LogEntry::fields){{"threads", "2"}, {"jobs_waiting", "1"}}));
    may_end.count_down();
    QVERIFY(node.wait_until_quiet(10s));
    QCOMPARE(node.snapshot().node.blocking_jobs_waiting, 0U);
}

void TestBlockingPool::every_job_runs() {
    std::atomic<int> done{0};
    constexpr int jobs = 20'000;
    {
        BlockingPool pool{8};
        std::vector<std::thread> askers;
        for (int asker = 0; asker < 4; ++asker)
            askers.emplace_back([&] {
                for (int i = 0; i < jobs / 4; ++i)
                    pool.submit([&done] { ++done; });
            });
        for (std::thread& asker : askers)
            asker.join();
        QTRY_COMPARE(pool.in_flight(), 0U);
    }
    QCOMPARE(done.load(), jobs);
}

/// One job wakes one thread: with many idle ones it costs the others nothing.
void TestBlockingPool::idle_threads_take_no_part_in_others_jobs() {
    constexpr int threads = 64;
    constexpr int jobs = 1000;
    BlockingPool pool{threads};
    std::latch may_end{1};
    for (int i = 0; i < threads; ++i)
        pool.submit([&may_end] { may_end.wait(); });
    QTRY_COMPARE(pool.busy_threads(), static_cast<std::uint32_t>(threads));
    may_end.count_down();
    QTRY_COMPARE(pool.in_flight(), 0U);
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < jobs; ++i) {
        std::latch is_done{1};
        pool.submit([&is_done] { is_done.count_down(); });
        is_done.wait();
    }
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    const long switches = after.ru_nvcsw - before.ru_nvcsw;
    QVERIFY2(switches < 8L * jobs, qPrintable(QString::number(switches))); // all of them would be 64 a job
}

/// Who is killed while its function waits for a thread unwinds at once, and the function never runs.
void TestBlockingPool::a_job_that_has_not_begun_is_taken_back() {
    NodeConfig config = with_schedulers(2);
    config.blocking_threads = 1;
    std::latch may_end{1};
    std::atomic<int> destroyed{0};
    std::atomic<int> ran{0};
    Node node{config};
    ExternalProcess me = node.attach();
    node.spawn([&may_end](Process& self) { self.blocking([&may_end] { may_end.wait(); }); });
    QTRY_COMPARE(node.snapshot().node.blocking_threads, 1U);
    const auto [pid, monitor] = me->spawn_monitor([&](Process& self) {
        const Witness witness{destroyed};
        self.blocking([&ran] { ++ran; });
    });
    QTRY_COMPARE(node.snapshot().node.blocking_jobs_waiting, 1U);
    node.exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
    QTRY_COMPARE(destroyed.load(), 1);
    QCOMPARE(node.snapshot().node.blocking_jobs_waiting, 0U);
    may_end.count_down();
    QVERIFY(node.wait_until_quiet(5s));
    QCOMPARE(ran.load(), 0);
}

QTEST_APPLESS_MAIN(TestBlockingPool)
#include "tst_blocking_pool.moc"
