// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/faults.hpp"

#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <memory_resource>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

// What goes wrong here is meant: UndefinedBehaviorSanitizer is to look away.
#define ON_PURPOSE __attribute__((noinline, no_sanitize("undefined")))

namespace fiberscope::app::faults {
namespace {

using namespace std::chrono_literals;

/// Goods that are sold together.
struct Bundle {
    int price;
    const Bundle* part;
};

/// By a mistake of the shop: it contains itself.
struct EndlessBundle : Bundle {
    EndlessBundle() : Bundle{5, this} {}
};

// -- the stack ----

[[gnu::noinline]] int price_of(const Bundle& bundle) {
    volatile int price = bundle.price; // stays on the stack until the part has its price
    if (bundle.part != nullptr)
        price = price + price_of(*bundle.part);
    return price;
}

[[gnu::noinline]] void sell_bundle(Process&) {
    const EndlessBundle bundle;
    [[maybe_unused]] volatile int price = price_of(bundle);
}

/// snprintf needs far more of the stack than this function: it is there that the stack ends.
[[gnu::noinline]] int print_lines_of(const Bundle& bundle) {
    std::array<char, 32> line{};
    volatile int length = std::snprintf(line.data(), line.size(), "%d.%02d", bundle.price / 100, bundle.price % 100);
    if (bundle.part != nullptr)
        length = length + print_lines_of(*bundle.part);
    return length;
}

[[gnu::noinline]] void print_receipt(Process&) {
    const EndlessBundle bundle;
    [[maybe_unused]] volatile int length = print_lines_of(bundle);
}

// -- exceptions ----

[[gnu::noinline]] void open_till(int till) {
    if (till == 13)
        throw std::runtime_error{fmt::format("till {} is jammed", till)};
}

[[gnu::noinline]] void take_payment(Process&) {
    const volatile int till = 13;
    open_till(till);
}

[[gnu::noinline]] void count_cash(int missing) {
    if (missing != 0)
        throw std::runtime_error{fmt::format("{} pence are missing", missing)};
}

/// It promises not to throw, and does.
[[gnu::noinline]] void close_shop(Process&) noexcept {
    const volatile int missing = 7;
    count_cash(missing);
}

// -- the processor ----

struct Item {
    int price;
};

[[gnu::noinline]] const Item* find_item() {
    const Item* const volatile not_in_the_catalogue = nullptr;
    return not_in_the_catalogue;
}

ON_PURPOSE int price_in_catalogue() {
    volatile int price = find_item()->price;
    return price;
}

[[gnu::noinline]] void look_up_price(Process&) {
    [[maybe_unused]] volatile int price = price_in_catalogue();
}

ON_PURPOSE int share_of(int bill, int guests) {
    volatile int share = bill / guests;
    return share;
}

[[gnu::noinline]] void split_bill(Process&) {
    const volatile int guests = 0;
    [[maybe_unused]] volatile int share = share_of(90, guests);
}

/// `ud2`: what a compiler puts where it was told that nobody ever comes.
[[gnu::noinline]] int apply_discount(int price) {
    volatile int discounted = price / 2;
    asm volatile("ud2");
    return discounted;
}

[[gnu::noinline]] void sell_at_discount(Process&) {
    [[maybe_unused]] volatile int price = apply_discount(90);
}

// -- limits ----

constexpr std::size_t queue_limit = 10'000;
constexpr std::size_t heap_limit = 1'000'000;

struct Order {
    std::size_t number;
};
struct Invoice {};

[[gnu::noinline]] void find_invoice(Process& self) {
    self.receive(on<Invoice>([](const Invoice&) {}), after(1s, [] {}));
}

/// More than it may leave unread.
[[gnu::noinline]] void take_orders(Process& self) {
    for (std::size_t number = 1; number <= 2 * queue_limit; ++number)
        self.send(self.pid(), Order{number});
    find_invoice(self);
    throw std::logic_error{"the limit of the message queue does not hold"};
}

[[gnu::noinline]] void put_on_shelf(std::pmr::vector<std::pmr::string>& shelf) {
    shelf.emplace_back(std::size_t{1000}, 'x');
}

/// More than it may hold.
[[gnu::noinline]] void stock_up(Process& self) {
    std::pmr::vector<std::pmr::string> shelf{&self.heap()};
    while (shelf.size() < 2 * heap_limit / 1000)
        put_on_shelf(shelf);
    throw std::logic_error{"the limit of the heap does not hold"};
}

constexpr std::array all_faults{
    Fault{"overflow", "Overflow the stack", "A recursion without an end: stack_overflow", sell_bundle},
    Fault{"overflow_in_libc", "Overflow the stack in the C library",
          "The stack ends within snprintf, which may hold locks: it may return first, then stack_overflow", print_receipt},
    Fault{"throw", "Throw an exception", "An exception that nobody catches: {error,\"till 13 is jammed\"}", take_payment},
    Fault{"terminate", "Throw through noexcept", "std::terminate: {terminate,{error,\"7 pence are missing\"}}", close_shop},
    Fault{"null", "Dereference a null pointer", "A read at address 0: {fault,'SIGSEGV',0x0}", look_up_price},
    Fault{"divide", "Divide by zero", "{fault,'SIGFPE',Address}: where the division stands", split_bill},
    Fault{"illegal", "Execute an illegal instruction", "{fault,'SIGILL',Address}: where the instruction stands",
          sell_at_discount},
    Fault{"queue", "Pass the message queue limit", "20,000 messages, where 10,000 may wait: killed", take_orders, queue_limit, 0},
    Fault{"heap", "Pass the heap limit", "2,000,000 bytes, where 1,000,000 may be held: killed", stock_up, 0, heap_limit},
};

/// A process of the workload.
void shopkeeper(Process& self, const Fault& fault) {
    for (;;) {
        self.receive<Provoke>();
        fault.commit(self);
    }
}

/// Provokes one or another, for ever. Who is being restarted has peace.
void chaos(Process& self, std::chrono::milliseconds pause) {
    std::minstd_rand random{std::random_device{}()};
    for (;;) {
        self.sleep(pause);
        const Fault& fault = all_faults[random() % all_faults.size()];
        if (const Pid process = self.whereis(fault.process()))
            self.send(process, Provoke{});
    }
}

SpawnOptions options_of(const Fault& fault) {
    return {.name = fault.process(),
            .message_queue_limit = {fault.message_queue_limit},
            .heap_limit = {fault.heap_limit},
            .initial_function = "fiberscope::app::faults::shopkeeper"};
}

} // namespace

Atom Fault::process() const {
    return Atom{fmt::format("faults_{}", name)};
}

std::span<const Fault> all() noexcept {
    return all_faults;
}

} // namespace fiberscope::app::faults

namespace fiberscope::app {

Application make_faults(std::optional<std::chrono::milliseconds> random_pause) {
    using namespace std::chrono_literals;
    // more than anybody, and `faults:random=1`, can provoke
    auto supervisor = Supervisor::one_for_one({.intensity = 10'000, .period = 5s}).named("faults_sup");
    for (const faults::Fault& fault : faults::all())
        supervisor = std::move(supervisor)
                         .child(
                             Term::atom(fault.process().name()), [&fault](Process& self) { faults::shopkeeper(self, fault); }, {},
                             faults::options_of(fault));
    if (random_pause)
        supervisor = std::move(supervisor)
                         .child("faults_chaos", [pause = *random_pause](Process& self) { faults::chaos(self, pause); }, {},
                                {.name = "faults_chaos", .initial_function = "fiberscope::app::faults::chaos"});
    return Application{"faults", std::move(supervisor)};
}

} // namespace fiberscope::app
