// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "base/clock.hpp"
#include "base/event_ring.hpp"

#include <atomic>
#include <thread>
#include <vector>

using namespace fiberscope;
using detail::EventRing;

namespace {

Event event_of(std::uint32_t number) {
    Event event;
    event.pid = Pid{1, number, 0};
    return event;
}

} // namespace

class EventRingTest final : public QObject {
    Q_OBJECT

private slots:
    void an_empty_ring_has_nothing() {
        const EventRing ring{4};
        const EventBatch batch = ring.after(0);
        QVERIFY(batch.events.empty());
        QCOMPARE(batch.next_seq, 0U);
        QCOMPARE(batch.lost, 0U);
    }

    void events_come_in_order_from_where_the_reader_was() {
        EventRing ring{4};
        for (std::uint32_t i = 1; i <= 3; ++i)
            ring.append(event_of(i));
        EventBatch batch = ring.after(0);
        QCOMPARE(batch.events.size(), std::size_t{3});
        QCOMPARE(batch.events[2].seq, 3U);
        QCOMPARE(batch.events[2].pid.slot(), 3U);
        QVERIFY(batch.events[0].at.time_since_epoch().count() > 0);
        QCOMPARE(batch.next_seq, 3U);
        ring.append(event_of(4));
        batch = ring.after(batch.next_seq);
        QCOMPARE(batch.events.size(), std::size_t{1});
        QCOMPARE(batch.events[0].pid.slot(), 4U);
        QVERIFY(ring.after(batch.next_seq).events.empty());
    }

    void what_was_overwritten_is_counted() {
        EventRing ring{4};
        for (std::uint32_t i = 1; i <= 10; ++i)
            ring.append(event_of(i));
        const EventBatch batch = ring.after(2);
        QCOMPARE(batch.lost, 4U); // 3, 4, 5, 6
        QCOMPARE(batch.events.size(), std::size_t{4});
        QCOMPARE(batch.events.front().seq, 7U);
        QCOMPARE(batch.next_seq, 10U);
    }

    void routine_does_not_displace_what_matters() {
        EventRing ring{4};
        Event restart = event_of(1);
        restart.kind = EventKind::restart;
        ring.append(restart);
        for (std::uint32_t i = 2; i <= 100; ++i)
            ring.append(event_of(i)); // normal exits
        Event crash = event_of(101);
        crash.reason = ExitReason::killed();
        ring.append(crash);
        const EventBatch batch = ring.after(0);
        QCOMPARE(batch.events.size(), std::size_t{6});
        QCOMPARE(batch.lost, 95U);
        QVERIFY(batch.events.front().kind == EventKind::restart);
        QCOMPARE(batch.events[1].seq, 97U);
        QCOMPARE(batch.events.back().seq, 101U);
    }

    void normal_exits_stand_among_the_others() {
        EventRing ring{4};
        const auto exit_of = [](std::uint32_t slot) {
            detail::NormalExit exit;
            exit.pid = Pid{1, slot, 0};
            exit.at_ns = detail::clock_ns();
            exit.age_ms = slot;
            return exit;
        };
        const auto before = std::chrono::system_clock::now();
        ring.append(exit_of(1));
        Event crash = event_of(2);
        crash.reason = ExitReason::killed();
        ring.append(crash);
        for (std::uint32_t i = 3; i <= 8; ++i)
            ring.append(exit_of(i));
        const EventBatch batch = ring.after(0);
        QCOMPARE(batch.lost, 3U); // 1, 3, 4
        QCOMPARE(batch.events.size(), std::size_t{5});
        QVERIFY(batch.events[0].reason == ExitReason::killed());
        for (std::uint32_t i = 5; i <= 8; ++i) {
            const Event& event = batch.events[i - 4];
            QCOMPARE(event.seq, std::uint64_t{i});
            QVERIFY(event.kind == EventKind::exit && event.reason.is_normal());
            QCOMPARE(event.pid.slot(), i);
            QCOMPARE(event.age_ms, std::uint64_t{i});
            QVERIFY(event.at >= before - std::chrono::seconds{1} && event.at <= before + std::chrono::minutes{1});
        }
    }

    void a_reader_from_the_future_gets_nothing() {
        EventRing ring{4};
        ring.append(event_of(1));
        const EventBatch batch = ring.after(9);
        QVERIFY(batch.events.empty());
        QCOMPARE(batch.lost, 0U);
        QCOMPARE(batch.next_seq, 9U);
    }

    void many_writers_and_a_slow_reader_lose_none_uncounted() {
        EventRing ring{512};
        constexpr std::uint32_t per_writer = 20'000;
        std::atomic<int> running{3};
        std::vector<std::thread> writers;
        for (int w = 0; w < 3; ++w)
            writers.emplace_back([&] {
                for (std::uint32_t i = 0; i < per_writer; ++i)
                    ring.append(event_of(i));
                --running;
            });
        std::uint64_t seq = 0, seen = 0, lost = 0;
        std::uint64_t previous = 0;
        for (bool last = false; !last;) {
            last = running == 0;
            const EventBatch batch = ring.after(seq);
            for (const Event& event : batch.events) {
                QVERIFY(event.seq > previous);
                previous = event.seq;
            }
            seen += batch.events.size();
            lost += batch.lost;
            seq = batch.next_seq;
        }
        for (auto& writer : writers)
            writer.join();
        QCOMPARE(seen + lost, std::uint64_t{3} * per_writer);
        QCOMPARE(seq, std::uint64_t{3} * per_writer);
    }
};

QTEST_APPLESS_MAIN(EventRingTest)
#include "tst_event_ring.moc"
