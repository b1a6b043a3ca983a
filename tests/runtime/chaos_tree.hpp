// SPDX-License-Identifier: BSL-1.0
/// A tree of about 500 processes to be killed at random, its clients, and a store outside of it that knows what was
/// acknowledged.
#pragma once

#include "process_fixture.hpp"

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace fiberscope::test::chaos {

/// A client's request, numbered by the client: it is made once.
struct Put {
    std::uint64_t client = 0;
    std::uint64_t number = 0;
    using Reply = std::uint64_t; ///< the number
};
/// From a worker to the store. What the store has replied to it keeps.
struct Keep {
    Put put;
    using Reply = std::uint64_t;
};
/// How many of a client's acknowledged numbers are not kept, or are kept more than once.
struct Audit {
    std::uint64_t client = 0;
    std::vector<std::uint64_t> acknowledged;
    using Reply = std::uint64_t;
};
struct StopClient {};

class Store final : public Server<Store> {
public:
    using Messages = fiberscope::Messages<Keep, Audit>;

    Reply<Keep> handle_call(const Keep& keep) {
        auto& times = kept_[keep.put.client];
        if (times.size() <= keep.put.number)
            times.resize(keep.put.number + 1);
        ++times[keep.put.number];
        return keep.put.number;
    }
    Reply<Audit> handle_call(const Audit& audit) {
        std::uint64_t wrong = 0;
        const auto& kept = kept_[audit.client];
        for (const std::uint64_t number : audit.acknowledged)
            wrong += number < kept.size() && kept[number] > 0 ? 0 : 1;
        for (const std::uint8_t times : kept)
            wrong += times > 1 ? 1 : 0;
        return wrong;
    }

private:
    std::unordered_map<std::uint64_t, std::vector<std::uint8_t>> kept_; ///< by client and number: how often
};

class Worker final : public Server<Worker> {
public:
    using Messages = fiberscope::Messages<Put, Exit>;

    explicit Worker(bool trap) { self().trap_exit(trap); }
    Reply<Put> handle_call(const Put& put) { return self().call("chaos_store", Keep{put}, 60s); }
    void handle_info(const Exit& exit) { stop(exit.reason); }
};

/// What a client saw. **Thread:** written by the client; read by the test once it has ended.
struct ClientJournal {
    std::vector<std::uint64_t> acknowledged;
    std::uint64_t refused = 0;  ///< calls that came back with an exit reason
    std::uint64_t hung = 0;     ///< calls that ran into their timeout, or came back after it
    std::uint64_t mixed_up = 0; ///< replies to another request
    std::size_t left_over = 0;  ///< messages in the mailbox at the end: late replies, Downs of calls
    bool ended = false;
};

inline void run_client(Process& self, std::uint64_t number, const std::vector<Atom>& servers, ClientJournal& journal) {
    constexpr auto patience = 30s;
    std::mt19937_64 dice{number};
    bool goes_on = true;
    for (std::uint64_t request = 1; goes_on; ++request) {
        const auto began = std::chrono::steady_clock::now();
        const auto reply = self.try_call(servers[dice() % servers.size()], Put{number, request}, patience);
        const bool timed_out = !reply && reply.error().term().is_atom("timeout");
        journal.hung += timed_out || std::chrono::steady_clock::now() - began > patience ? 1 : 0;
        journal.mixed_up += reply && *reply != request ? 1 : 0;
        if (reply)
            journal.acknowledged.push_back(request);
        else
            ++journal.refused;
        goes_on = self.receive(on<StopClient>([](StopClient) { return false; }), after(0s, [] { return true; }));
    }
    journal.left_over = self.message_queue_length();
    journal.ended = true;
}

/// The definition of the tree, and who in it may be killed.
class Tree {
public:
    Tree() : top_{Supervisor::one_for_one(patient)} {
        top_ = std::move(top_).named("chaos_top");
        for (int branch = 0; branch < branches; ++branch)
            add_branch(branch);
        top_ = std::move(top_).child(
            "pool", Supervisor::simple_one_for_one(patient).child("template", Worker::start(false)).named("chaos_pool"));
        processes += 2;
    }

    const Supervisor& top() const noexcept { return top_; }
    /// The dynamic children, started once the tree stands.
    void fill_pool(Process& self) {
        for (int i = 0; i < pool_size; ++i) {
            const std::string name = "chaos_pool_" + std::to_string(i);
            auto spec = std::make_shared<const ChildSpec>(ChildSpec{Term{}, server(name, i), {}, nullptr, nullptr, {}});
            const auto started = self.call("chaos_pool", StartChild{spec});
            QVERIFY(started);
        }
    }

    std::vector<Atom> servers; ///< that clients call
    std::vector<Atom> victims;
    std::uint32_t processes = 0;
    static constexpr int pool_size = 40;

private:
    static constexpr int branches = 8;
    static constexpr int groups = 3;
    static constexpr int workers = 17;
    static constexpr RestartLimits patient{.intensity = 100'000'000, .period = 1s};
    static constexpr RestartLimits touchy{.intensity = 20, .period = 1s}; ///< gives up now and then

    static Supervisor with_strategy(int which, RestartLimits limits) {
        if (which % 3 == 0)
            return Supervisor::one_for_one(limits);
        return which % 3 == 1 ? Supervisor::one_for_all(limits) : Supervisor::rest_for_one(limits);
    }
    Atom victim(const std::string& name) {
        ++processes;
        return victims.emplace_back(name);
    }
    ServerSpec server(const std::string& name, int number) {
        servers.push_back(victim(name));
        return Worker::start(number % 3 == 0).named(name);
    }
    void add_branch(int number) {
        const std::string name = "chaos_" + std::to_string(number);
        Supervisor branch = with_strategy(number, patient).named(victim(name));
        for (int group = 0; group < groups; ++group)
            branch = std::move(branch).child(Term::integer(group), make_group(name + "_" + std::to_string(group), group));
        top_ = std::move(top_).child(Term::integer(number), std::move(branch));
    }
    Supervisor make_group(const std::string& name, int number) {
        Supervisor group = with_strategy(number, victims.size() % 2 == 0 ? touchy : patient).named(victim(name));
        for (int i = 0; i < workers; ++i)
            group = std::move(group).child(Term::integer(i), server(name + "_" + std::to_string(i), i));
        const std::string plain = name + "_plain";
        const auto body = [](Process& self) { self.receive<StopClient>(); };
        return std::move(group).child("plain", body, {}, {.name = victim(plain)});
    }

    Supervisor top_;
};

/// Sends exit signals to random victims.
class Reaper {
public:
    Reaper(const std::vector<Atom>& victims, std::uint64_t seed) : victims_{&victims}, dice_{seed} {}

    template <class Whereis, class ExitSignal>
    void strike(Whereis whereis, ExitSignal exit) {
        const Pid victim = whereis((*victims_)[dice_() % victims_->size()]);
        if (!victim)
            return; // is being restarted
        ++strikes;
        const auto choice = dice_() % 10;
        if (choice < 4) {
            killed.push_back(victim);
            exit(victim, ExitReason::kill());
        } else if (choice < 8)
            exit(victim, ExitReason{Term::tuple({Term::atom("chaos"), victim})}); // of this one alone
        else
            exit(victim, ExitReason::shutdown());
    }

    std::vector<Pid> killed; ///< who must be dead at the end
    std::uint64_t strikes = 0;

private:
    const std::vector<Atom>* victims_;
    std::mt19937_64 dice_;
};

} // namespace fiberscope::test::chaos
