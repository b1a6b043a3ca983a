// SPDX-License-Identifier: BSL-1.0
/// The memory of messages: used again, aligned, and given back from any thread.
#include "process_fixture.hpp"

#include "base/signal_memory.hpp"

#include <array>
#include <cstring>
#include <set>

using namespace fiberscope;
using namespace fiberscope::test;
using detail::SignalMemory;

namespace {

template <std::size_t bytes>
struct Sized {
    std::array<std::byte, bytes> content;
};

struct alignas(128) Aligned {
    std::array<std::byte, 128> content;
};

} // namespace

class TestSignalMemory : public QObject {
    Q_OBJECT

private slots:
    void pieces_are_used_again();
    void pieces_do_not_overlap();
    void no_size_is_too_large();
    void messages_of_all_sizes_arrive_as_they_were_sent();
    void over_aligned_messages_are_aligned();
};

void TestSignalMemory::pieces_are_used_again() {
    SignalMemory memory;
    void* first = memory.allocate(40);
    memory.free(first, 40);
    QCOMPARE(memory.allocate(48), first); // the same class of size
    memory.free(first, 48);
    void* other = memory.allocate(49);
    QVERIFY(other != first);
    memory.free(other, 49);
}

/// More than two batches of each size, filled, then looked at.
void TestSignalMemory::pieces_do_not_overlap() {
    constexpr std::size_t count = 1000;
    SignalMemory memory;
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{16}, std::size_t{100}, std::size_t{256}}) {
        for (int round = 0; round < 2; ++round) {
            std::vector<unsigned char*> pieces;
            for (std::size_t i = 0; i < count; ++i) {
                pieces.push_back(static_cast<unsigned char*>(memory.allocate(bytes)));
                std::memset(pieces.back(), static_cast<int>(i % 251), bytes);
            }
            QCOMPARE(std::set<unsigned char*>(pieces.begin(), pieces.end()).size(), count);
            for (std::size_t i = 0; i < count; ++i) {
                QCOMPARE(std::size_t{pieces[i][0]}, i % 251);
                QCOMPARE(std::size_t{pieces[i][bytes - 1]}, i % 251);
                memory.free(pieces[i], bytes);
            }
        }
    }
}

void TestSignalMemory::no_size_is_too_large() {
    SignalMemory memory;
    auto* piece = static_cast<unsigned char*>(memory.allocate(1'000'000));
    piece[999'999] = 7;
    memory.free(piece, 1'000'000);
}

template <std::size_t bytes>
void send_and_receive(ExternalProcess& me, Pid echo) {
    for (int i = 0; i < 300; ++i) {
        Sized<bytes> sent{};
        sent.content.fill(static_cast<std::byte>(i));
        me->send(echo, sent);
    }
    for (int i = 0; i < 300; ++i)
        QVERIFY(me->receive<Sized<bytes>>().content.back() == static_cast<std::byte>(i));
}

/// Made on one thread, destroyed on another, where the piece of a thread without lists comes into one.
void TestSignalMemory::messages_of_all_sizes_arrive_as_they_were_sent() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const Pid echo = me->spawn([to = me->pid()](Process& self) {
        for (;;)
            self.receive(on<Sized<1>>([&](const auto& message) { self.send(to, message); }),
                         on<Sized<24>>([&](const auto& message) { self.send(to, message); }),
                         on<Sized<200>>([&](const auto& message) { self.send(to, message); }),
                         on<Sized<5000>>([&](const auto& message) { self.send(to, message); }));
    });
    send_and_receive<1>(me, echo);
    send_and_receive<24>(me, echo);
    send_and_receive<200>(me, echo);
    send_and_receive<5000>(me, echo);
}

void TestSignalMemory::over_aligned_messages_are_aligned() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    me->spawn([to = me->pid()](Process& self) {
        for (int i = 0; i < 100; ++i)
            self.send(to, Aligned{});
    });
    for (int i = 0; i < 100; ++i)
        me->receive(on<Aligned>([](const Aligned& message) { return reinterpret_cast<std::uintptr_t>(&message) % 128 == 0; },
                                [](const Aligned&) {}),
                    after(10s, [] { QFAIL("a message that is not aligned"); }));
}

QTEST_GUILESS_MAIN(TestSignalMemory)
#include "tst_signal_memory.moc"
