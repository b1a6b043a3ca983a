// SPDX-License-Identifier: BSL-1.0
/// Stacks and their guards, each kind by itself.
#include <QtTest>

#include "scheduler/stack_pool.hpp"

#include <csetjmp>
#include <csignal>
#include <set>
#include <system_error>

#include <sys/mman.h>

using namespace fiberscope;
using namespace fiberscope::detail;

namespace {

sigjmp_buf after_fault;

/// True if a write to the address faults.
bool faults(std::uintptr_t address) {
    struct sigaction action {};
    struct sigaction previous {};
    action.sa_handler = [](int) { siglongjmp(after_fault, 1); };
    ::sigaction(SIGSEGV, &action, &previous);
    volatile bool has_faulted = true;
    if (sigsetjmp(after_fault, 1) == 0) {
        *reinterpret_cast<volatile char*>(address) = 1;
        has_faulted = false;
    }
    ::sigaction(SIGSEGV, &previous, nullptr);
    return has_faulted;
}

std::size_t resident_pages(const Stack& stack) {
    std::vector<unsigned char> pages(stack.bytes / guard_page_bytes);
    if (::mincore(reinterpret_cast<void*>(stack.low()), stack.bytes, pages.data()) != 0)
        qFatal("mincore");
    return static_cast<std::size_t>(
        std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1U) != 0; }));
}

void touch(const Stack& stack, std::size_t bytes) {
    for (std::size_t at = 8; at <= bytes; at += 8)
        *(stack.top - at) = std::byte{1};
}

bool exists(StackGuards guards) {
    try {
        const StackPool pool{guards};
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

} // namespace

class TestStackPool : public QObject {
    Q_OBJECT

private slots:
    void guards_fault_data();
    void guards_fault();
    void unguarded_stacks_tell_that_they_were_overrun();
    void only_the_first_stacks_are_protected();
    void sizes_are_rounded_up();
    void stacks_are_used_again_and_cold();
    void what_deep_use_left_is_given_back();
};

void TestStackPool::guards_fault_data() {
    QTest::addColumn<StackGuards>("guards");
    if (exists(StackGuards::advice))
        QTest::addRow("advice") << StackGuards::advice;
    QTest::addRow("protection") << StackGuards::protection;
}

void TestStackPool::guards_fault() {
    QFETCH(StackGuards, guards);
    StackPool pool{guards};
    const Stack first = pool.allocate(16 * 1024).value();
    const Stack second = pool.allocate(16 * 1024).value();
    for (const Stack& stack : {first, second}) {
        QVERIFY(stack.is_guarded);
        QVERIFY(!faults(stack.high() - 1));
        QVERIFY(!faults(stack.low()));
        for (const std::uintptr_t address : {stack.low() - 1, stack.zone_middle(), stack.zone_low(), stack.zone_low() - 1}) {
            QVERIFY(faults(address));
            QVERIFY(stack.is_guard(address));
        }
        QVERIFY(!stack.is_guard(stack.low()));
    }
    pool.open_zone(first, first.zone_middle());
    QVERIFY(!faults(first.low() - 1));
    QVERIFY(!faults(first.zone_middle()));
    QVERIFY(faults(first.zone_middle() - 1));
    pool.open_zone(first, first.zone_low());
    QVERIFY(!faults(first.zone_low()));
    QVERIFY(faults(first.zone_low() - 1)); // the page below stays closed
    pool.close_zone(first);
    QVERIFY(faults(first.low() - 1));
    QVERIFY(faults(first.zone_low()));
    pool.release(first);
    const Stack again = pool.allocate(16 * 1024).value();
    QCOMPARE(again.top, first.top);
    QVERIFY(faults(again.low() - 1)); // guards outlast their users
}

void TestStackPool::unguarded_stacks_tell_that_they_were_overrun() {
    StackPool pool{StackGuards::checks};
    Stack stack = pool.allocate(16 * 1024).value();
    QVERIFY(!stack.is_guarded);
    QVERIFY(!StackPool::is_overrun(stack));
    touch(stack, stack.bytes - 4096);
    QVERIFY(!StackPool::is_overrun(stack));
    touch(stack, stack.bytes + 4096);
    QVERIFY(StackPool::is_overrun(stack));
    pool.release(stack);
    stack = pool.allocate(16 * 1024).value();
    QVERIFY(!StackPool::is_overrun(stack)); // the next user begins anew
}

void TestStackPool::only_the_first_stacks_are_protected() {
    StackPool pool{StackGuards::protection};
    Stack last;
    for (int i = 0; i < 30'000; ++i)
        last = pool.allocate(16 * 1024).value();
    QVERIFY(last.is_guarded);
    last = pool.allocate(16 * 1024).value();
    QVERIFY(!last.is_guarded);
    QVERIFY(!StackPool::is_overrun(last));
}

void TestStackPool::sizes_are_rounded_up() {
    StackPool pool{StackGuards::automatic};
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{16'385}, std::size_t{64 * 1024}, std::size_t{5'000'000}}) {
        const Stack stack = pool.allocate(bytes).value();
        QVERIFY(stack.bytes >= bytes);
        QVERIFY(!faults(stack.low()));
        QCOMPARE(stack.high() % 16, 0U);
    }
}

void TestStackPool::stacks_are_used_again_and_cold() {
    StackPool pool{StackGuards::automatic};
    std::set<std::byte*> tops;
    std::vector<Stack> stacks;
    for (int i = 0; i < 2000; ++i) {
        stacks.push_back(pool.allocate(64 * 1024).value());
        tops.insert(stacks.back().top);
        touch(stacks.back(), 8);
    }
    QCOMPARE(tops.size(), stacks.size());
    const std::size_t reserved = pool.reserved_bytes();
    touch(stacks.back(), stacks.back().bytes);
    QCOMPARE(resident_pages(stacks.back()), 16U);
    for (const Stack& stack : stacks)
        pool.release(stack);
    QCOMPARE(resident_pages(stacks.back()), 0U); // a thousand keep their top pages, which the next user touches at once
    std::size_t pages = 0;
    for (const Stack& stack : stacks)
        pages += resident_pages(stack);
    QCOMPARE(pages, 1024U);
    for (int i = 0; i < 2000; ++i)
        QVERIFY(tops.contains(pool.allocate(64 * 1024).value().top));
    QCOMPARE(pool.reserved_bytes(), reserved);
}

void TestStackPool::what_deep_use_left_is_given_back() {
    StackPool pool{StackGuards::automatic};
    const Stack stack = pool.allocate(std::size_t{8} << 20U).value();
    touch(stack, stack.bytes);
    QCOMPARE(resident_pages(stack), stack.bytes / guard_page_bytes);
    StackPool::trim(stack);
    QCOMPARE(resident_pages(stack), 2U);
    QCOMPARE(*(stack.top - 8), std::byte{1}); // what is in use is kept
}

QTEST_APPLESS_MAIN(TestStackPool)
#include "tst_stack_pool.moc"
