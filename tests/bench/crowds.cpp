// SPDX-License-Identifier: BSL-1.0
/// What a message costs among many.
#include "benchmark.hpp"
#include "exchanges.hpp"

#include <cmath>
#include <random>

namespace fiberscope::bench {

namespace {

struct Token {
    std::uint64_t hops_left;
    Pid report_to;
};
struct Next {
    Pid process;
};
struct Everybody {
    std::vector<Pid> processes;
};

constexpr std::size_t small_stack = 16 * 1024;
constexpr std::uint64_t hops = 2'000'000;

/// A token goes round a ring; `add(next)` makes a member, the first one is told its successor by a message.
template <class Add>
void run_ring(Process& self, std::uint64_t size, Add add) {
    const Pid first = add(Pid{});
    Pid last = first;
    for (std::uint64_t i = 1; i < size; ++i)
        last = add(last);
    self.send(first, Next{last});
    self.send(first, Token{hops, self.pid()});
    self.receive<Done>();
}

void pass_on(Process& self, Pid next, const Token& token) {
    if (token.hops_left == 0)
        self.send(token.report_to, Done{});
    else
        self.send(next, Token{token.hops_left - 1, token.report_to});
}

Figures ring(const Setting& setting, std::uint64_t size) {
    return time_process(setting, hops, [size](Process& self) {
        run_ring(self, size, [&self](Pid next) {
            return self.spawn(
                [next](Process& member) {
                    const Pid to = next ? next : member.receive<Next>().process;
                    for (;;)
                        pass_on(member, to, member.receive<Token>());
                },
                {.stack_bytes = small_stack});
        });
    });
}

struct RingServer final : Server<RingServer> {
    using Messages = fiberscope::Messages<Next, Token>;
    explicit RingServer(Pid successor) : next{successor} {}
    void handle_info(const Next& message) { next = message.process; }
    void handle_info(const Token& token) { pass_on(self(), next, token); }
    Pid next;
};

Figures ring_server(const Setting& setting, std::uint64_t size) {
    return time_process(setting, hops, [size](Process& self) {
        run_ring(self, size, [&self](Pid next) { return self.start(RingServer::start(next)).value(); });
    });
}

Figures ring_100(const Setting& setting) {
    return ring(setting, 100);
}
Figures ring_100k(const Setting& setting) {
    return ring(setting, 100'000);
}
Figures ring_100_server(const Setting& setting) {
    return ring_server(setting, 100);
}
Figures ring_100k_server(const Setting& setting) {
    return ring_server(setting, 100'000);
}

/// 100 processes send 20,000 messages each to one.
Figures fanin(const Setting& setting) {
    constexpr std::uint64_t senders = 100;
    constexpr std::uint64_t messages_each = 20'000;
    return time_process(setting, senders * messages_each, [](Process& self) { run_fanin(self, senders, messages_each); });
}

constexpr std::uint64_t crowd = 200;
constexpr std::uint64_t pings_each = 5000;

/// Pings others of the crowd at random, and answers pings, always.
void mingle(Process& self, Pid report_to) {
    const auto everybody = self.receive<Everybody>().processes;
    std::minstd_rand random{self.pid().slot()};
    std::uniform_int_distribution<std::size_t> choose{0, everybody.size() - 1};
    for (std::uint64_t i = 0; i < pings_each; ++i) {
        self.send(everybody[choose(random)], Ping{self.pid()});
        for (bool answered = false; !answered;)
            self.receive(on<Ping>([&](const Ping& ping) { self.send(ping.from, Pong{}); }),
                         on<Pong>([&](const Pong&) { answered = true; }));
    }
    self.send(report_to, Done{});
    for (;;)
        self.send(self.receive<Ping>().from, Pong{});
}

/// 200 processes ping each other at random, 5,000 times each.
Figures big(const Setting& setting) {
    return time_process(setting, crowd * pings_each * 2, [](Process& self) {
        std::vector<Pid> everybody;
        for (std::uint64_t i = 0; i < crowd; ++i)
            everybody.push_back(self.spawn([parent = self.pid()](Process& member) { mingle(member, parent); }));
        for (const Pid member : everybody)
            self.send(member, Everybody{everybody});
        for (std::uint64_t i = 0; i < crowd; ++i)
            self.receive<Done>();
        for (const Pid member : everybody)
            self.exit(member, ExitReason::kill());
    });
}

/// One process hands 20,000 pieces of work to each of 60.
Figures forkjoin(const Setting& setting) {
    constexpr std::uint64_t workers = 60;
    constexpr std::uint64_t pieces_each = 20'000;
    return time_process(setting, workers * pieces_each, [](Process& self) {
        std::vector<Pid> team;
        for (std::uint64_t i = 0; i < workers; ++i)
            team.push_back(self.spawn([parent = self.pid()](Process& worker) {
                volatile double result = 0;
                for (std::uint64_t piece = pieces_each; piece > 0; --piece) {
                    worker.receive<Hit>();
                    result = std::sin(static_cast<double>(piece));
                }
                static_cast<void>(result);
                worker.send(parent, Done{});
            }));
        for (std::uint64_t piece = 0; piece < pieces_each; ++piece)
            for (const Pid worker : team)
                self.send(worker, Hit{});
        for (std::uint64_t i = 0; i < workers; ++i)
            self.receive<Done>();
    });
}

constexpr Benchmark benchmarks[] = {
    {"ring_100", "a token goes round 100 processes: a hop", &ring_100},
    {"ring_100_server", "a token goes round 100 servers: a hop", &ring_100_server},
    {"ring_100k", "a token goes round 100,000 processes: a hop", &ring_100k},
    {"ring_100k_server", "a token goes round 100,000 servers: a hop", &ring_100k_server},
    {"fanin", "100 processes send to one", &fanin},
    {"big", "200 processes ping each other at random", &big},
    {"forkjoin", "one process hands work to 60", &forkjoin},
};

} // namespace

std::span<const Benchmark> crowd_benchmarks() {
    return benchmarks;
}

} // namespace fiberscope::bench
