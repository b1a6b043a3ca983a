// SPDX-License-Identifier: BSL-1.0
/// The lock whose owner pays nothing: the owner and thieves are never in it at once.
#include <QtTest>

#include "base/biased_lock.hpp"

#include <atomic>
#include <thread>
#include <vector>

using fiberscope::detail::BiasedLock;

namespace {

/// What the lock protects: two numbers that are equal outside of it.
struct Pair {
    std::uint64_t first = 0;
    std::uint64_t second = 0;

    void add() noexcept {
        ++first;
        ++second;
    }
};

} // namespace

class TestBiasedLock : public QObject {
    Q_OBJECT

private slots:
    void owner_and_thieves_exclude_each_other_data();
    void owner_and_thieves_exclude_each_other();
    void a_thief_gives_up_where_the_owner_stays_inside();
    void one_thief_at_a_time();
};

void TestBiasedLock::owner_and_thieves_exclude_each_other_data() {
    QTest::addColumn<int>("thieves");
    for (const int thieves : {1, 2, 4})
        QTest::addRow("%d thieves", thieves) << thieves;
}

void TestBiasedLock::owner_and_thieves_exclude_each_other() {
    QFETCH(int, thieves);
    constexpr std::uint64_t each = 2000;
    BiasedLock lock;
    Pair pair;
    std::atomic<int> at_work{thieves};
    std::vector<std::thread> threads;
    for (int i = 0; i < thieves; ++i)
        threads.emplace_back([&] {
            for (std::uint64_t done = 0; done < each;)
                if (lock.try_lock_as_thief()) {
                    pair.add();
                    lock.unlock_as_thief();
                    ++done;
                } else
                    std::this_thread::yield();
            --at_work;
        });
    std::uint64_t own = 0;
    while (at_work > 0) {
        lock.lock();
        pair.add();
        ++own;
        lock.unlock();
    }
    for (std::thread& thread : threads)
        thread.join();
    QCOMPARE(pair.first, own + static_cast<std::uint64_t>(thieves) * each);
    QCOMPARE(pair.second, pair.first);
}

void TestBiasedLock::a_thief_gives_up_where_the_owner_stays_inside() {
    BiasedLock lock;
    lock.lock();
    bool was_inside = true;
    std::thread{[&] { was_inside = lock.try_lock_as_thief(); }}.join();
    QVERIFY(!was_inside);
    lock.unlock();
    std::thread{[&] {
        was_inside = lock.try_lock_as_thief();
        lock.unlock_as_thief();
    }}.join();
    QVERIFY(was_inside);
}

void TestBiasedLock::one_thief_at_a_time() {
    BiasedLock lock;
    QVERIFY(lock.try_lock_as_thief());
    bool second = true;
    std::thread{[&] { second = lock.try_lock_as_thief(); }}.join();
    QVERIFY(!second);
    lock.unlock_as_thief();
    lock.lock(); // the owner comes in again
    lock.unlock();
}

QTEST_APPLESS_MAIN(TestBiasedLock)
#include "tst_biased_lock.moc"
