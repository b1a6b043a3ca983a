// SPDX-License-Identifier: BSL-1.0
/// What a message costs between two.
#include "benchmark.hpp"
#include "exchanges.hpp"

#include <chrono>
#include <ctime>

namespace fiberscope::bench {

namespace {

struct Start {
    Pid pong;
};

constexpr std::uint64_t round_trips = 1'000'000;

/// Two processes, a million round trips.
Figures pingpong(const Setting& setting) {
    return time_process(setting, round_trips, [](Process& self) { run_pingpong(self, round_trips); });
}

struct PongServer final : Server<PongServer> {
    using Messages = fiberscope::Messages<Ping>;
    void handle_info(const Ping& ping) { self().send(ping.from, Pong{}); }
};

struct PingServer final : Server<PingServer> {
    using Messages = fiberscope::Messages<Start, Pong>;
    explicit PingServer(Pid parent) : report_to{parent} {}
    void handle_info(const Start& start) {
        pong = start.pong;
        self().send(pong, Ping{self().pid()});
    }
    void handle_info(const Pong&) {
        if (--left == 0)
            self().send(report_to, Done{});
        else
            self().send(pong, Ping{self().pid()});
    }
    Pid report_to;
    Pid pong{};
    std::uint64_t left = round_trips;
};

/// The same between two servers.
Figures pingpong_server(const Setting& setting) {
    return time_process(setting, round_trips, [](Process& self) {
        const Pid pong = self.start(PongServer::start()).value();
        const Pid ping = self.start(PingServer::start(self.pid())).value();
        self.send(ping, Start{pong});
        self.receive<Done>();
    });
}

constexpr std::uint64_t hits = 5'000'000;

void spawn_hitter(Process& self, Pid counter) {
    self.spawn([counter](Process& hitter) {
        for (std::uint64_t i = 0; i < hits; ++i)
            hitter.send(counter, Hit{});
    });
}

/// One process sends, another counts.
Figures counting(const Setting& setting) {
    return time_process(setting, hits, [](Process& self) {
        const Pid counter = self.spawn([parent = self.pid()](Process& counting) {
            for (std::uint64_t i = 0; i < hits; ++i)
                counting.receive<Hit>();
            counting.send(parent, Done{});
        });
        spawn_hitter(self, counter);
        self.receive<Done>();
    });
}

struct CountingServer final : Server<CountingServer> {
    using Messages = fiberscope::Messages<Hit>;
    explicit CountingServer(Pid parent) : report_to{parent} {}
    void handle_info(const Hit&) {
        if (--left == 0)
            self().send(report_to, Done{});
    }
    Pid report_to;
    std::uint64_t left = hits;
};

/// The same with a server that counts.
Figures counting_server(const Setting& setting) {
    return time_process(setting, hits, [](Process& self) {
        spawn_hitter(self, self.start(CountingServer::start(self.pid())).value());
        self.receive<Done>();
    });
}

struct Echo final : Server<Echo> {
    struct Ask {
        using Reply = std::uint64_t;
        std::uint64_t number;
    };
    using Messages = fiberscope::Messages<Ask>;
    fiberscope::Reply<Ask> handle_call(const Ask& ask) { return ask.number; }
};

/// A process calls a server.
Figures call(const Setting& setting) {
    constexpr std::uint64_t calls = 500'000;
    return time_process(setting, calls, [](Process& self) {
        const Pid server = self.start(Echo::start()).value();
        for (std::uint64_t i = 0; i < calls; ++i)
            self.call(server, Echo::Ask{i});
    });
}

double cpu_ms() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

/// 300,000 timers of 1 to 1,000 ms to one process: CPU time of the program, since the wall time is the waiting.
Figures timers(const Setting& setting) {
    constexpr std::uint64_t count = 300'000;
    const double before = cpu_ms();
    const double wall_ms = time_process(setting, count, [](Process& self) {
                               for (std::uint64_t i = 0; i < count; ++i)
                                   self.send_after(std::chrono::milliseconds{1 + i * 7919 % 1000}, self.pid(), Hit{});
                               for (std::uint64_t i = 0; i < count; ++i)
                                   self.receive<Hit>();
                           }).milliseconds;
    return {count, cpu_ms() - before, 0, {{"wall_ms", wall_ms}}};
}

constexpr Benchmark benchmarks[] = {
    {"pingpong", "a round trip between two processes", &pingpong},
    {"pingpong_server", "a round trip between two servers", &pingpong_server},
    {"counting", "one process sends, another counts", &counting},
    {"counting_server", "one process sends, a server counts", &counting_server},
    {"call", "a call of a server and its reply", &call},
    {"timers", "send_after to itself and the receive: CPU time", &timers},
};

} // namespace

std::span<const Benchmark> messaging_benchmarks() {
    return benchmarks;
}

} // namespace fiberscope::bench
