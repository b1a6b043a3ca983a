// SPDX-License-Identifier: BSL-1.0
/// rows SCHEDULERS ROW: one line, in the form of fiberscope-bench. For CAF 0.17.
#include <caf/all.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

using namespace caf;

using token = atom_constant<atom("token")>;
using hit = atom_constant<atom("hit")>;
using ping = atom_constant<atom("ping")>;
using pong = atom_constant<atom("pong")>;
using next = atom_constant<atom("next")>;
using done = atom_constant<atom("done")>;

behavior ponger(event_based_actor*) {
    return {[](ping) { return pong::value; }};
}

struct Left {
    long count = 0;
};

behavior pinger(stateful_actor<Left>* self, actor other, long rounds, actor report_to) {
    self->state.count = rounds;
    self->send(other, ping::value);
    return {[=](pong) {
        if (--self->state.count > 0)
            self->send(other, ping::value);
        else
            self->send(report_to, done::value);
    }};
}

behavior counter(stateful_actor<Left>* self, long count, actor report_to) {
    self->state.count = count;
    return {[=](hit) {
        if (--self->state.count == 0)
            self->send(report_to, done::value);
    }};
}

behavior echo(event_based_actor*) {
    return {[](long number) { return number; }};
}

struct Member {
    actor next;
};

behavior member(stateful_actor<Member>* self, actor report_to) {
    return {[=](next, actor successor) { self->state.next = successor; },
            [=](token, long hops_left) {
                if (hops_left == 0)
                    self->send(report_to, done::value);
                else
                    self->send(self->state.next, token::value, hops_left - 1);
            }};
}

behavior idle(event_based_actor*) {
    return {[](hit) {}};
}

class Rows {
public:
    explicit Rows(actor_system& system) : m_system{system}, m_self{system}, m_me{actor_cast<actor>(m_self)} {}

    void spawn_exit() {
        const actor counting = m_system.spawn(counter, 1'000'000L, m_me);
        for (long i = 0; i < 1'000'000; ++i)
            m_system.spawn([counting](event_based_actor* child) { child->send(counting, hit::value); });
        wait();
    }
    void pingpong() {
        m_system.spawn(pinger, m_system.spawn(ponger), 1'000'000L, m_me);
        wait();
    }
    void counting() {
        const actor counting = m_system.spawn(counter, 5'000'000L, m_me);
        spawn_sender(counting, 5'000'000);
        wait();
    }
    void call() {
        const actor server = m_system.spawn(echo);
        const actor report_to = m_me;
        m_system.spawn([=](event_based_actor* caller) { ask(caller, server, 500'000, report_to); });
        wait();
    }
    void ring(long size) {
        std::vector<actor> members;
        for (long i = 0; i < size; ++i)
            members.push_back(m_system.spawn(member, m_me));
        for (std::size_t i = 0; i < members.size(); ++i)
            m_self->send(members[i], next::value, members[(i + 1) % members.size()]);
        m_self->send(members.front(), token::value, 2'000'000L);
        wait();
    }
    void fanin() {
        const actor counting = m_system.spawn(counter, 2'000'000L, m_me);
        for (int i = 0; i < 100; ++i)
            spawn_sender(counting, 20'000);
        wait();
    }
    void keep_idle() {
        m_idle.reserve(1'000'000);
        for (long i = 0; i < 1'000'000; ++i)
            m_idle.push_back(m_system.spawn(idle));
    }

private:
    static void ask(event_based_actor* caller, const actor& server, long left, const actor& report_to) {
        if (left == 0)
            return caller->send(report_to, done::value);
        caller->request(server, infinite, left).then([=](long) { ask(caller, server, left - 1, report_to); });
    }
    void spawn_sender(const actor& to, long messages) {
        m_system.spawn([=](event_based_actor* sender) {
            for (long i = 0; i < messages; ++i)
                sender->send(to, hit::value);
        });
    }
    void wait() {
        m_self->receive([](done) {});
    }

    actor_system& m_system;
    scoped_actor m_self;
    actor m_me;
    std::vector<actor> m_idle;
};

double resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};
    double total = 0;
    double resident = 0;
    statm >> total >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

struct Row {
    long operations;
    std::function<void(Rows&)> work;
};

} // namespace

int main(int /*argc*/, char** arguments) {
    actor_system_config config;
    config.set("scheduler.max-threads", static_cast<std::size_t>(std::atoi(arguments[1])));
    actor_system system{config};
    Rows rows{system};
    const std::map<std::string, Row> known{
        {"spawn_exit", {1'000'000, &Rows::spawn_exit}},
        {"pingpong", {1'000'000, &Rows::pingpong}},
        {"counting", {5'000'000, &Rows::counting}},
        {"call", {500'000, &Rows::call}},
        {"ring_100", {2'000'000, [](Rows& all) { all.ring(100); }}},
        {"ring_100k", {2'000'000, [](Rows& all) { all.ring(100'000); }}},
        {"fanin", {2'000'000, &Rows::fanin}},
        {"idle_processes", {1'000'000, &Rows::keep_idle}},
    };
    const std::string name = arguments[2];
    if (const auto row = known.find(name); row != known.end()) {
        const double before = resident_bytes();
        const auto began = std::chrono::steady_clock::now();
        row->second.work(rows);
        const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
        std::printf("%-20s %10ld ops %10.2f ms %9.1f ns/op", name.c_str(), row->second.operations, ms,
                    ms * 1e6 / static_cast<double>(row->second.operations));
        if (name == "idle_processes")
            std::printf(" %8.0f B/process", (resident_bytes() - before) / static_cast<double>(row->second.operations));
        std::puts("");
        std::fflush(stdout);
    }
    std::_Exit(0); // idle actors need no tidying up
}
