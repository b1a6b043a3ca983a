// SPDX-License-Identifier: BSL-1.0
/// The moments of a scheduler, beside a sorted list of the same.
#include <QtTest>

#include "scheduler/timer_queue.hpp"

#include <algorithm>
#include <map>
#include <random>

using namespace fiberscope::detail;

namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t hour = 3'600'000 * millisecond;
constexpr std::int64_t year = 8766 * hour;

/// A queue and what it is to hold: by time, equal ones in the order in which they were added.
class Checked {
public:
    explicit Checked(std::int64_t now_ns) : now_ns_{now_ns} {}

    void add(std::int64_t at_ns) {
        queue_.add(now_ns_, at_ns, nullptr, ++last_timer_);
        expected_.emplace(at_ns, last_timer_);
    }
    void purge(const std::function<bool(std::uint64_t)>& is_stale) {
        queue_.purge([&](const TimerQueue::Entry& entry) { return is_stale(entry.timer); });
        std::erase_if(expected_, [&](const auto& entry) { return is_stale(entry.second); });
    }
    /// Takes all that is due at `now_ns`.
    void go_on(std::int64_t now_ns) {
        now_ns_ = now_ns;
        while (is_right_ && queue_.next_ns() <= now_ns)
            take();
        check();
    }
    void take_all() {
        while (is_right_ && queue_.size() > 0)
            take();
        check();
    }
    std::int64_t now_ns() const { return now_ns_; }
    std::size_t size() const { return expected_.size(); }
    bool is_right() {
        check();
        return is_right_;
    }

private:
    void take() {
        check();
        if (!is_right_)
            return;
        const TimerQueue::Entry entry = queue_.pop();
        is_right_ = entry.at_ns == expected_.begin()->first && entry.timer == expected_.begin()->second;
        expected_.erase(expected_.begin());
    }
    void check() {
        const std::int64_t next_ns = expected_.empty() ? never_ns : expected_.begin()->first;
        is_right_ = is_right_ && queue_.size() == expected_.size() && queue_.next_ns() == next_ns;
    }

    TimerQueue queue_;
    std::multimap<std::int64_t, std::uint64_t> expected_;
    std::int64_t now_ns_;
    std::uint64_t last_timer_ = 0;
    bool is_right_ = true;
};

} // namespace

class TestTimerQueue : public QObject {
    Q_OBJECT

private slots:
    void comes_out_in_order_data();
    void comes_out_in_order();
    void equal_times_keep_their_order();
    void what_is_over_is_due_at_once();
    void a_far_future_is_kept();
    void earlier_ones_may_follow_later_ones();
    void a_purge_drops_what_is_stale();
    void what_comes_out_leaves_room();
};

void TestTimerQueue::comes_out_in_order_data() {
    QTest::addColumn<qint64>("longest_ns");
    QTest::addRow("within a tick") << qint64{100'000};
    QTest::addRow("milliseconds") << qint64{50 * millisecond};
    QTest::addRow("hours") << qint64{5 * hour};
    QTest::addRow("years") << qint64{5 * year};
}

void TestTimerQueue::comes_out_in_order() {
    QFETCH(qint64, longest_ns);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::mt19937_64 random{seed};
        const auto any_of = [&random](std::int64_t count) {
            return std::uniform_int_distribution<std::int64_t>{0, count}(random);
        };
        Checked queue{any_of(year)};
        for (int step = 0; step < 500; ++step) {
            for (std::int64_t adds = any_of(4); adds > 0; --adds)
                queue.add(queue.now_ns() + any_of(any_of(1) == 0 ? longest_ns : longest_ns / 1000));
            if (any_of(50) == 0)
                queue.purge([&](std::uint64_t timer) { return timer % 3 == seed % 3; });
            queue.go_on(queue.now_ns() + any_of(longest_ns / 100));
            QVERIFY2(queue.is_right(), qPrintable(QStringLiteral("seed %1, step %2").arg(seed).arg(step)));
        }
        queue.take_all();
        QVERIFY(queue.is_right());
    }
}

void TestTimerQueue::equal_times_keep_their_order() {
    Checked queue{hour};
    const std::int64_t at_ns = 2 * hour;
    for (int i = 0; i < 10; ++i)
        queue.add(at_ns);
    queue.go_on(at_ns - 1);
    for (int i = 0; i < 10; ++i)
        queue.add(at_ns);
    queue.go_on(at_ns);
    QCOMPARE(queue.size(), std::size_t{0});
    QVERIFY(queue.is_right());
}

void TestTimerQueue::what_is_over_is_due_at_once() {
    Checked queue{hour};
    queue.add(2 * hour);
    queue.add(hour - millisecond);
    queue.add(0);
    queue.add(-5);
    queue.go_on(hour);
    QCOMPARE(queue.size(), std::size_t{1});
    QVERIFY(queue.is_right());
}

void TestTimerQueue::a_far_future_is_kept() {
    Checked queue{hour};
    for (const std::int64_t at_ns : {never_ns, never_ns - 1, 200 * year, 50 * year, year, hour + 1})
        queue.add(at_ns);
    queue.go_on(49 * year);
    QCOMPARE(queue.size(), std::size_t{4});
    queue.take_all();
    QVERIFY(queue.is_right());
}

/// The first is far away, and for days nothing else is.
void TestTimerQueue::earlier_ones_may_follow_later_ones() {
    Checked queue{hour};
    queue.add(100 * hour);
    for (int day = 0; day < 4; ++day) {
        queue.go_on(queue.now_ns() + 24 * hour);
        for (int i = 0; i < 100; ++i)
            queue.add(queue.now_ns() + i * millisecond / 7);
    }
    queue.go_on(queue.now_ns() + hour);
    QCOMPARE(queue.size(), std::size_t{1});
    QVERIFY(queue.is_right());
}

void TestTimerQueue::a_purge_drops_what_is_stale() {
    Checked queue{hour};
    for (int i = 0; i < 1000; ++i)
        queue.add(hour + i * i * millisecond);
    queue.go_on(hour + millisecond / 2); // opens a tick
    queue.purge([](std::uint64_t timer) { return timer % 10 != 0; });
    QCOMPARE(queue.size(), std::size_t{100});
    queue.purge([](std::uint64_t) { return true; });
    QVERIFY(queue.is_right());
    queue.add(3 * hour);
    queue.take_all();
    QVERIFY(queue.is_right());
}

/// An entry that is put off takes the place of the one that came out: where that happens nothing may fail.
void TestTimerQueue::what_comes_out_leaves_room() {
    TimerQueue queue;
    for (int i = 0; i < 64; ++i)
        queue.add(0, i, nullptr, 1);
    for (std::int64_t at_ns = 64; at_ns < 1000; ++at_ns) {
        QCOMPARE(queue.pop().at_ns, at_ns - 64);
        queue.add(0, at_ns, nullptr, 1);
    }
    QCOMPARE(queue.size(), std::size_t{64});
}

QTEST_APPLESS_MAIN(TestTimerQueue)
#include "tst_timer_queue.moc"
