// SPDX-License-Identifier: BSL-1.0
/// The clock of dispatches: close to the system's, and never backwards.
#include <QtTest>

#include "base/dispatch_clock.hpp"

#include <ctime>

using namespace fiberscope::detail;

class TestDispatchClock : public QObject {
    Q_OBJECT

private slots:
    void it_never_goes_backwards();
    void it_keeps_to_the_clock();
    void it_keeps_to_the_clock_after_a_long_sleep();
};

namespace {

constexpr std::int64_t tolerance_ns = 1'000'000;

/// Reads it between two readings of the clock.
bool keeps_to_the_clock(DispatchClock& clock) {
    const std::int64_t before_ns = clock_ns();
    const std::int64_t now_ns = clock.now();
    const std::int64_t after_ns = clock_ns();
    return now_ns >= before_ns - tolerance_ns && now_ns <= after_ns + tolerance_ns;
}

} // namespace

void TestDispatchClock::it_never_goes_backwards() {
    DispatchClock clock;
    std::int64_t last_ns = clock.now();
    for (int i = 0; i < 2'000'000; ++i) {
        const std::int64_t now_ns = clock.now();
        if (now_ns < last_ns)
            QFAIL(qPrintable(QString{"%1 ns back at reading %2"}.arg(last_ns - now_ns).arg(i)));
        last_ns = now_ns;
    }
}

void TestDispatchClock::it_keeps_to_the_clock() {
    DispatchClock clock;
    for (int i = 0; i < 200'000; ++i)
        QVERIFY(keeps_to_the_clock(clock));
}

/// Longer than it measures by.
void TestDispatchClock::it_keeps_to_the_clock_after_a_long_sleep() {
    DispatchClock clock;
    for (int i = 0; i < 10'000; ++i)
        clock.now();
    const timespec long_time{2, 100'000'000};
    ::nanosleep(&long_time, nullptr); // what is tested
    QVERIFY(keeps_to_the_clock(clock));
    for (int i = 0; i < 10'000; ++i)
        QVERIFY(keeps_to_the_clock(clock));
}

QTEST_APPLESS_MAIN(TestDispatchClock)
#include "tst_dispatch_clock.moc"
