// SPDX-License-Identifier: BSL-1.0
/// Processes are charged for what they did, not for what the operating system ran meanwhile.
#include "process_fixture.hpp"

#include "scheduler/work_time.hpp"

#include <csignal>
#include <ctime>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fiberscope;
using namespace fiberscope::test;
using detail::WorkTime;

namespace {

constexpr std::int64_t us = 1000;
std::int64_t thread_time_ns = 0;
int readings = 0;

std::int64_t read_thread_time() noexcept {
    ++readings;
    return thread_time_ns;
}

} // namespace

class TestWorkTime : public QObject {
    Q_OBJECT

private slots:
    void init();
    void short_times_are_taken_as_they_are();
    void what_others_had_is_no_work();
    void what_others_had_earlier_is_not_taken_from_who_runs_now();
    void sleep_is_not_counted();
    void small_things_do_not_add_up();
    void a_stopped_program_charges_nobody();
};

void TestWorkTime::init() {
    thread_time_ns = 0;
    readings = 0;
}

void TestWorkTime::short_times_are_taken_as_they_are() {
    WorkTime time{&read_thread_time};
    time.restart(0);
    QCOMPARE(time.worked_ns(10 * us, 12 * us), 2 * us);
    QCOMPARE(readings, 1); // not one a slice
}

void TestWorkTime::what_others_had_is_no_work() {
    WorkTime time{&read_thread_time};
    time.restart(0);
    thread_time_ns = 300 * us; // of 5,300 that have passed
    QCOMPARE(time.worked_ns(100 * us, 5300 * us), 200 * us);
    thread_time_ns += 1000 * us;
    QCOMPARE(time.worked_ns(5300 * us, 6300 * us), 1000 * us); // nobody else ran
}

void TestWorkTime::what_others_had_earlier_is_not_taken_from_who_runs_now() {
    WorkTime time{&read_thread_time};
    time.restart(0);
    thread_time_ns = 60 * us;
    QCOMPARE(time.worked_ns(0, 8060 * us), 60 * us); // has paid for it
    thread_time_ns = 160 * us;
    QCOMPARE(time.worked_ns(8060 * us, 8160 * us), 100 * us);
}

void TestWorkTime::sleep_is_not_counted() {
    WorkTime time{&read_thread_time};
    time.restart(0);
    time.restart(1'000'000 * us); // has slept for a second
    thread_time_ns = 100 * us;
    QCOMPARE(time.worked_ns(1'000'000 * us, 1'000'100 * us), 100 * us);
}

/// Interrupts between short times, then a long one: it pays for those of the last milliseconds at most.
void TestWorkTime::small_things_do_not_add_up() {
    WorkTime time{&read_thread_time};
    time.restart(0);
    std::int64_t now_ns = 0;
    for (int i = 0; i < 10'000; ++i) { // a tenth of the time is taken by others
        thread_time_ns += 9 * us;
        now_ns += 10 * us;
        time.worked_ns(now_ns - 10 * us, now_ns);
    }
    thread_time_ns += 2000 * us;
    now_ns += 2000 * us;
    const std::int64_t worked_ns = time.worked_ns(now_ns - 2000 * us, now_ns);
    QVERIFY(worked_ns >= 900 * us);
    QVERIFY(worked_ns <= 2000 * us);
}

/// As by a debugger, or a container that is paused.
void TestWorkTime::a_stopped_program_charges_nobody() {
    constexpr auto stop_time = 500ms;
    Node node{with_schedulers(1)};
    std::atomic<bool> goes_on{true};
    std::atomic<bool> runs{false};
    const Pid busy = node.spawn([&](Process& self) {
        while (goes_on) {
            runs = true;
            self.poll();
        }
    });
    QTRY_VERIFY(runs);
    const pid_t own = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        ::kill(own, SIGSTOP);
        ::usleep(std::chrono::microseconds{stop_time}.count());
        ::kill(own, SIGCONT);
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    const auto row_of_busy = [&] {
        for (const ProcessRow& row : node.snapshot().processes)
            if (row.pid == busy)
                return row;
        return ProcessRow{};
    };
    const std::uint64_t running_cpu_ns = row_of_busy().cpu_ns;
    goes_on = false;
    QVERIFY(node.wait_until_quiet(10s));
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
    };
    const std::chrono::nanoseconds used = of(usage.ru_utime) + of(usage.ru_stime);
    QVERIFY(running_cpu_ns > 0);
    QVERIFY2(std::chrono::nanoseconds{running_cpu_ns} <= used + 50ms, "it was charged for time in which nothing ran");
}

QTEST_GUILESS_MAIN(TestWorkTime)
#include "tst_work_time.moc"
