// SPDX-License-Identifier: BSL-1.0
/// What a process has allocated is counted as its own, wherever it is given back, and goes with a message to its receiver.
#include "allocation_fixture.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <thread>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" void* __libc_malloc(std::size_t bytes) noexcept;

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

struct Address {
    std::uintptr_t memory;
};
struct Large {
    char bytes[512];
};

} // namespace

class TestAllocation : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void says_whether_it_counts();
    void signals_are_not_refused();
    void what_a_server_holds();
    void given_back_by_another_process();
    void given_back_by_a_thread();
    void every_way_to_allocate();
    void sizes_are_as_without_it();
    void realloc_keeps_what_it_holds();
    void blocks_of_others_are_not_misread();
    void exceptions();
    void the_runtimes_own_is_nobodys();
    void a_body_is_its_process_s();
    void a_blocking_function_is_its_process_s();
    void the_heap_is_counted_once();
    void a_killed_process_gives_all_back();
    void what_is_left_goes_to_nobody();
    void a_forked_child();
    void agrees_with_the_allocator();
    void many_at_once_data();
    void many_at_once();
};

void TestAllocation::initTestCase() {
    const Node node{with_schedulers(1)};
#if defined(FIBERSCOPE_ADDRESS_SANITIZER)
    QCOMPARE(node.snapshot().node.allocation, std::string{"not counted: AddressSanitizer owns malloc"});
    QCOMPARE(node.snapshot().node.allocated_by_nobody_bytes, std::uint64_t{0});
    QSKIP("AddressSanitizer owns malloc");
#endif
}

void TestAllocation::says_whether_it_counts() {
    const Node node{with_schedulers(1)};
    QCOMPARE(node.snapshot().node.allocation, std::string{"counted"});
    QVERIFY(detail::blocks_have_addresses());
}

/// The library is none of the program's own text.
void TestAllocation::signals_are_not_refused() {
    NodeConfig config = with_schedulers(1);
    config.preemption = Preemption::signal;
    const Node node{config};
    QCOMPARE(node.preemption(), Preemption::signal);
}

void TestAllocation::what_a_server_holds() {
    Node node{with_schedulers(2)};
    const Pid store = *node.start(Store::start());
    QVERIFY(node.wait_until_quiet(10s));
    const std::int64_t before = memory_of(node, store);
    QVERIFY(node.call(store, Store::Keep{5000, 100}));
    QVERIFY(node.wait_until_quiet(10s)); // while it still runs it has a stack
    COMPARE_ABOUT(memory_of(node, store) - before, 5000 * (112 + 16) + 8192 * 32);
    const NodeRow sums = node.snapshot().node;
    QVERIFY(static_cast<std::int64_t>(sums.allocated_by_processes_bytes) > 500'000);
    QVERIFY(static_cast<std::int64_t>(sums.processes_bytes) > static_cast<std::int64_t>(sums.allocated_by_processes_bytes));
    QVERIFY(node.call(store, Store::Drop{}));
    QVERIFY(node.wait_until_quiet(10s));
    QVERIFY(memory_of(node, store) - before < 512);
}

void TestAllocation::given_back_by_another_process() {
    Node node{with_schedulers(2)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        void* memory = escaped(std::malloc(megabyte));
        COMPARE_ABOUT(held_by(self) - before, megabyte);
        const auto [other, monitor] = self.spawn_monitor([](Process& freeing) {
            const std::int64_t empty = held_by(freeing);
            std::free(reinterpret_cast<void*>(freeing.receive<Address>().memory));
            QCOMPARE(held_by(freeing), empty);
        });
        self.send(other, Address{reinterpret_cast<std::uintptr_t>(memory)});
        self.receive<Down>();
        QCOMPARE(held_by(self), before);
    });
}

void TestAllocation::given_back_by_a_thread() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        const std::int64_t nobodys = allocation_library->bytes_of_nobody();
        void* memory = escaped(std::malloc(megabyte));
        void* of_the_thread = nullptr;
        std::thread{[memory, &of_the_thread] {
            std::free(memory);
            of_the_thread = escaped(std::malloc(megabyte));
        }}.join();
        QVERIFY(held_by(self) - before < 512);
        COMPARE_ABOUT(allocation_library->bytes_of_nobody() - nobodys, megabyte);
        std::free(of_the_thread); // here, and still it is not this process's
        QVERIFY(held_by(self) - before < 512);
        QVERIFY(allocation_library->bytes_of_nobody() - nobodys < 64 * kilobyte);
    });
}

void TestAllocation::every_way_to_allocate() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        constexpr std::size_t bytes = 100'000;
        std::vector<void*> all(32);
        const std::int64_t with_vector = held_by(self);
        std::size_t count = 0;
        const auto add = [&](void* memory) {
            QVERIFY(memory != nullptr);
            all[count++] = memory;
            std::memset(memory, 0x5a, bytes);
            COMPARE_ABOUT(held_by(self) - with_vector, static_cast<std::int64_t>(count * bytes));
        };
        add(std::malloc(bytes));
        add(std::calloc(10, bytes / 10));
        add(std::realloc(nullptr, bytes));
        add(::reallocarray(nullptr, 10, bytes / 10));
        add(std::aligned_alloc(64, bytes / 64 * 64 + 64));
        add(::memalign(1024, bytes));
        add(::valloc(bytes));
        add(::pvalloc(bytes));
        void* aligned = nullptr;
        QCOMPARE(::posix_memalign(&aligned, 256, bytes), 0);
        QCOMPARE(reinterpret_cast<std::uintptr_t>(aligned) % 256, std::uintptr_t{0});
        add(aligned);
        for (void* memory : all)
            std::free(memory);
        QCOMPARE(held_by(self), with_vector);
        delete[] escaped(new char[bytes]);
        ::operator delete (escaped(::operator new (bytes, std::align_val_t{128})), std::align_val_t{128});
        QCOMPARE(held_by(self), with_vector);
        std::vector<void*>{}.swap(all);
        QCOMPARE(held_by(self), before);
        void* mapped_alone = escaped(std::malloc(100 * megabyte));
        COMPARE_ABOUT(held_by(self) - before, 100 * megabyte);
        std::free(mapped_alone);
        QCOMPARE(held_by(self), before);
    });
}

/// What stands behind a block is no user's.
void TestAllocation::sizes_are_as_without_it() {
    const std::int64_t nobodys = allocation_library->bytes_of_nobody();
    for (std::size_t bytes = 0; bytes < 5000; ++bytes) {
        auto* memory = static_cast<unsigned char*>(std::calloc(1, bytes));
        const std::size_t usable = ::malloc_usable_size(memory);
        QVERIFY(usable >= bytes);
        for (std::size_t i = 0; i < bytes; ++i)
            QCOMPARE(memory[i], static_cast<unsigned char>(0));
        std::memset(memory, 0xff, usable); // who asks for the size may use it
        std::free(escaped(memory));
    }
    QVERIFY(std::abs(allocation_library->bytes_of_nobody() - nobodys) < 64 * kilobyte);
    QCOMPARE(::malloc_usable_size(nullptr), std::size_t{0});
    void* volatile none = std::malloc(escaped(SIZE_MAX - 4));
    QVERIFY(none == nullptr && errno == ENOMEM);
    errno = 0;
    none = std::calloc(escaped(SIZE_MAX / 2 + 1), 2);
    QVERIFY(none == nullptr && errno == ENOMEM);
    errno = 0;
    none = ::reallocarray(nullptr, escaped(SIZE_MAX / 2 + 1), 2);
    QVERIFY(none == nullptr && errno == ENOMEM);
    for (const std::size_t bytes : {SIZE_MAX, SIZE_MAX - 4, SIZE_MAX - 4096}) {
        errno = 0;
        none = ::pvalloc(escaped(bytes));
        QVERIFY(none == nullptr && errno == ENOMEM);
        errno = 0;
        none = ::valloc(escaped(bytes));
        QVERIFY(none == nullptr && errno == ENOMEM);
    }
    void* aligned = nullptr;
    QCOMPARE(::posix_memalign(&aligned, 3, 10), EINVAL);
    QCOMPARE(::posix_memalign(&aligned, 48, 10), EINVAL);
}

void TestAllocation::realloc_keeps_what_it_holds() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        auto* memory = static_cast<char*>(std::malloc(100));
        std::memset(memory, 'x', 100);
        for (const std::int64_t bytes : {megabyte, std::int64_t{200}, 50 * megabyte, 60 * megabyte, 80 * kilobyte}) {
            memory = static_cast<char*>(std::realloc(memory, static_cast<std::size_t>(bytes)));
            QCOMPARE(std::string(memory, 100), std::string(100, 'x'));
            COMPARE_ABOUT(held_by(self) - before, bytes);
        }
        const std::int64_t held = held_by(self);
        void* volatile none = std::realloc(escaped(memory), escaped(SIZE_MAX / 2));
        QVERIFY(none == nullptr);
        QCOMPARE(held_by(self), held);
        QVERIFY(std::realloc(escaped(memory), 0) == nullptr);
        QCOMPARE(held_by(self), before);
        void* nobodys = nullptr;
        std::thread{[&nobodys] { nobodys = std::malloc(megabyte); }}.join();
        nobodys = std::realloc(nobodys, 2 * megabyte); // whoever does that has it
        COMPARE_ABOUT(held_by(self) - before, 2 * megabyte);
        std::free(nobodys);
    });
}

void TestAllocation::blocks_of_others_are_not_misread() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        const std::int64_t nobodys = allocation_library->bytes_of_nobody();
        for (int round = 0; round < 1000; ++round) { // each behind one of ours, which has lain there
            std::free(escaped(std::malloc(1000)));
            void* memory = escaped(__libc_malloc(1008)); // ours are eight bytes longer
            QCOMPARE(::malloc_usable_size(memory), std::size_t{1016});
            if (round % 2 == 0)
                std::memset(memory, round, 1000);
            std::free(memory);
        }
        QCOMPARE(held_by(self), before);
        void* memory = std::realloc(__libc_malloc(1000), 5000);
        COMPARE_ABOUT(held_by(self) - before, 5000);
        std::free(memory);
        QCOMPARE(held_by(self), before);
        QCOMPARE(allocation_library->bytes_of_nobody(), nobodys);
    });
}

void TestAllocation::exceptions() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        try {
            throw Large{};
        } catch (const Large&) {
            QVERIFY(held_by(self) - before >= 512);
        }
        QCOMPARE(held_by(self), before);
    });
}

void TestAllocation::the_runtimes_own_is_nobodys() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        for (int i = 0; i < 1000; ++i) {
            self.monitor(self.node().whereis("logger"));
            self.send(self.pid(), Tick{i});
            self.put(Term{i}, Term{i});
        }
        QVERIFY(held_by(self) - before < 512);
        for (int i = 0; i < 1000; ++i)
            self.receive<Tick>();
        QVERIFY(held_by(self) - before < 512);
    });
}

void TestAllocation::a_body_is_its_process_s() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        std::array<char, 10'000> captured{};
        const Pid child = self.spawn([captured](Process& other) {
            COMPARE_ABOUT(held_by(other), 10'000);
            other.receive<Tick>();
            other.send(other.parent(), Tock{captured[0]});
        });
        QCOMPARE(held_by(self), before);
        self.send(child, Tick{});
        self.receive<Tock>();
    });
}

void TestAllocation::a_blocking_function_is_its_process_s() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        const std::int64_t before = held_by(self);
        std::string text = self.blocking([] { return text_of(megabyte); });
        COMPARE_ABOUT(held_by(self) - before, megabyte);
        self.blocking([&text] { std::string{}.swap(text); });
        QVERIFY(held_by(self) - before < 512);
    });
}

void TestAllocation::the_heap_is_counted_once() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const Pid pid = node.spawn([to = me->pid()](Process& self) {
        const std::pmr::vector<std::byte> bytes{static_cast<std::size_t>(megabyte), &self.heap()};
        self.send(to, Tock{});
        self.receive<Tick>();
    });
    me->receive<Tock>();
    COMPARE_ABOUT(memory_of(node, pid), megabyte + 10 * kilobyte);
    QVERIFY(static_cast<std::int64_t>(node.snapshot().node.allocated_by_processes_bytes) >= megabyte);
    me->send(pid, Tick{});
}

// -- ends ----

void TestAllocation::a_killed_process_gives_all_back() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    for (int round = 0; round < 20; ++round) {
        const auto [pid, monitor] = me->spawn_monitor([to = me->pid()](Process& self) {
            const std::string text = text_of(megabyte);
            self.send(to, Tock{});
            self.receive<Tick>();
        });
        me->receive<Tock>();
        QVERIFY(memory_of(node, pid) > megabyte);
        const std::int64_t nobodys = allocation_library->bytes_of_nobody();
        me->exit(pid, ExitReason::kill());
        reason_of_end(me, pid, monitor);
        QVERIFY(node.wait_until_quiet(10s));
        QVERIFY(std::abs(allocation_library->bytes_of_nobody() - nobodys) < 64 * kilobyte);
    }
}

/// The next process of that slot has nothing to do with it.
void TestAllocation::what_is_left_goes_to_nobody() {
    NodeConfig config = with_schedulers(1);
    config.process_limit = 16; // so that slots come again soon
    Node node{config};
    ExternalProcess me = node.attach();
    std::vector<void*> left;
    const std::int64_t nobodys = allocation_library->bytes_of_nobody();
    for (int i = 0; i < 100; ++i)
        run(node, [&left](Process& self) {
            QVERIFY(held_by(self) < 512);
            left.push_back(std::malloc(100 * kilobyte));
        });
    COMPARE_ABOUT(allocation_library->bytes_of_nobody() - nobodys, 100 * 100 * kilobyte);
    const Pid next = node.spawn([to = me->pid()](Process& self) {
        const std::string text = text_of(megabyte);
        self.send(to, Tock{});
        self.receive<Tick>();
    });
    me->receive<Tock>();
    QVERIFY(node.wait_until_quiet(10s)); // it waits: how much of its stack it uses is known then
    const std::int64_t held = memory_of(node, next);
    const std::int64_t before = allocation_library->bytes_of_nobody(); // with what the names of a snapshot take
    for (void* memory : left)
        std::free(memory);
    const std::int64_t freed = before - allocation_library->bytes_of_nobody();
    QVERIFY2(std::abs(freed - 100 * 100 * kilobyte) < 64 * kilobyte, std::to_string(freed).c_str());
    QCOMPARE(memory_of(node, next), held);
    me->send(next, Tick{});
}

void TestAllocation::a_forked_child() {
    Node node{with_schedulers(1)};
    run(node, [](Process& self) {
        void* memory = escaped(std::malloc(megabyte));
        const std::int64_t held = held_by(self);
        const pid_t child = ::fork();
        if (child == 0) {
            bool is_right = held_by(self) == held;
            std::free(memory);
            is_right = is_right && is_about(held - held_by(self), megabyte);
            void* more = escaped(std::malloc(3 * megabyte));
            is_right = is_right && is_about(held_by(self) - held, 2 * megabyte);
            std::free(more);
            ::_exit(is_right ? 0 : 1);
        }
        int status = -1;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QCOMPARE(status, 0);
        QCOMPARE(held_by(self), held);
        std::free(memory);
    });
}

void TestAllocation::agrees_with_the_allocator() {
    const auto ours = [](const Node& node) {
        const NodeRow sums = node.snapshot().node;
        return static_cast<std::int64_t>(sums.allocated_by_processes_bytes + sums.allocated_by_nobody_bytes);
    };
    const auto allocators = [] {
        const struct mallinfo2 info = ::mallinfo2();
        return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
    };
    Node node{with_schedulers(2)};
    std::vector<Pid> stores;
    for (int i = 0; i < 100; ++i)
        stores.push_back(*node.start(Store::start()));
    for (const Pid store : stores)
        QVERIFY(node.call(store, Store::Keep{1000, 200}));
    const std::vector<std::string> outside(10'000, text_of(300));
    COMPARE_ABOUT(ours(node), allocators());
    for (std::size_t i = 0; i < stores.size(); i += 2)
        QVERIFY(node.call(stores[i], Store::Drop{}));
    COMPARE_ABOUT(ours(node), allocators());
    for (const Pid store : stores)
        node.exit(store, ExitReason::kill());
    QVERIFY(node.wait_until_quiet(10s));
    QVERIFY(ours(node) < allocators() + megabyte);
}

// -- under way ----

void TestAllocation::many_at_once_data() {
    QTest::addColumn<bool>("by_signal");
    QTest::newRow("cooperative") << false;
    QTest::newRow("interrupted by signals") << true;
}

/// Texts go round among processes that are preempted, killed and moved; what they have agrees in the end.
void TestAllocation::many_at_once() {
    QFETCH(bool, by_signal);
    const std::int64_t nobodys = allocation_library->bytes_of_nobody();
    std::uint64_t abandoned = 0;
    {
        NodeConfig config = with_schedulers(3);
        config.preemption = by_signal ? Preemption::signal : Preemption::cooperative;
        config.slice = std::chrono::microseconds{100};
        config.signal_slice = std::chrono::microseconds{200};
        Node node{config};
        std::vector<Pid> members;
        for (int i = 0; i < 50; ++i)
            members.push_back(node.spawn([](Process& self) {
                std::vector<Pid> others = self.receive<std::vector<Pid>>();
                std::vector<std::string> kept;
                for (std::size_t turn = self.pid().slot();; ++turn) {
                    kept.push_back(text_of(static_cast<std::int64_t>(turn * 7919 % 3000)));
                    self.send(others[turn % others.size()], std::move(kept[turn % kept.size()]));
                    self.receive(on<std::string>([&](std::string text) { kept.push_back(std::move(text)); }), after(0s));
                    if (kept.size() > 100)
                        kept.clear();
                }
            }));
        for (const Pid member : members)
            node.send(member, members);
        for (int round = 0; round < 30; ++round) {
            std::this_thread::sleep_for(10ms);
            const Snapshot snapshot = node.snapshot();
            for (const ProcessRow& row : snapshot.processes)
                QVERIFY(row.memory_bytes < 1'000'000'000);
            if (round % 3 == 0)
                node.exit(members[static_cast<std::size_t>(round)], ExitReason::kill());
        }
        node.stop();
        abandoned = node.snapshot().node.abandoned;
    }
    const std::int64_t left = allocation_library->bytes_of_nobody() - nobodys;
    if (abandoned > 0)
        QSKIP("a process was abandoned: it has lost what it had");
    QVERIFY2(std::abs(left) < 2 * megabyte, std::to_string(left).c_str());
}

QTEST_APPLESS_MAIN(TestAllocation)
#include "tst_allocation.moc"
