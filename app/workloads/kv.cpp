// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <random>
#include <unordered_map>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t key_count = 5000;
constexpr std::uint32_t operations_per_second = 300; ///< of all clients together

struct Put {
    using Reply = std::monostate;
    std::string key;
    std::string value;
};

struct Get {
    using Reply = std::optional<std::string>;
    std::string key;
};

/// Drops the keys that nobody has written for `age`. Answers how many.
struct DropOlder {
    using Reply = std::uint64_t;
    Clock::duration age;
};

Atom shard_name(std::uint32_t index) {
    return fmt::format("kv_shard_{}", index);
}

/// One part of the store: the keys that hash to it.
class Shard final : public Server<Shard> {
public:
    using Messages = fiberscope::Messages<Get, Put, DropOlder>;

    Reply<Get> handle_call(const Get& get) {
        ++reads_;
        const auto found = entries_.find(get.key);
        if (found == entries_.end())
            return std::optional<std::string>{};
        ++hits_;
        return std::optional{found->second.value};
    }
    Reply<Put> handle_call(const Put& put) {
        ++writes_;
        entries_.insert_or_assign(put.key, Entry{put.value, Clock::now()});
        return std::monostate{};
    }
    Reply<DropOlder> handle_call(const DropOlder& request) {
        const auto oldest = Clock::now() - request.age;
        return std::uint64_t{std::erase_if(entries_, [&](const auto& item) { return item.second.written_at < oldest; })};
    }
    Term state() const {
        return Term::list({Term::tuple({Term::atom("keys"), entries_.size()}), Term::tuple({Term::atom("reads"), reads_}),
                           Term::tuple({Term::atom("hits"), hits_}), Term::tuple({Term::atom("writes"), writes_})});
    }

private:
    struct Entry {
        std::string value;
        Clock::time_point written_at;
    };
    std::unordered_map<std::string, Entry> entries_;
    std::uint64_t reads_ = 0;
    std::uint64_t hits_ = 0;
    std::uint64_t writes_ = 0;
};

/// Asks one shard after the other to drop its old keys, so that the store does not grow for ever.
class Janitor final : public Server<Janitor> {
public:
    struct Sweep {};
    using Messages = fiberscope::Messages<Sweep>;

    explicit Janitor(std::uint32_t shards) : shards_{shards} { arm(); }

    void handle_info(Sweep) {
        next_ = next_ % shards_ + 1;
        if (const auto dropped = self().try_call(shard_name(next_), DropOlder{2min}))
            dropped_ += *dropped;
        arm();
    }
    Term state() const { return Term::tuple({Term::atom("dropped"), dropped_}); }

private:
    void arm() { self().send_after(5s, self().pid(), Sweep{}); }

    std::uint32_t shards_;
    std::uint32_t next_ = 0;
    std::uint64_t dropped_ = 0;
};

/// Reads twice as often as it writes. A shard that is away for the moment is no reason to end: it will be back.
class Client {
public:
    Client(std::uint32_t shards, std::chrono::microseconds pause) : shards_{shards}, pause_{pause} {}

    void operator()(Process& self) {
        std::minstd_rand random{self.pid().slot()};
        std::uniform_int_distribution<std::uint32_t> any_key{0, key_count - 1};
        std::uniform_real_distribution<double> spread{0.5, 1.5};
        for (std::uint32_t turn = 0;; ++turn) {
            // the smaller of two: some keys, and with them some shards, are in more demand than others
            operate(self, std::min(any_key(random), any_key(random)), turn % 3 == 0);
            self.sleep(std::chrono::duration_cast<Duration>(pause_ * spread(random)));
        }
    }

private:
    void operate(Process& self, std::uint32_t number, bool write) {
        const std::string key = fmt::format("customer:{}", number);
        const Atom shard = shard_name(number % shards_ + 1);
        const bool served = write ? self.try_call(shard, Put{key, fmt::format("order {} of {}", ++orders_, key)}).has_value()
                                  : self.try_call(shard, Get{key}).has_value();
        if (!served)
            self.put(Term::atom("failed_calls"), ++failed_calls_);
    }

    std::uint32_t shards_;
    std::chrono::microseconds pause_;
    std::uint64_t orders_ = 0;
    std::uint64_t failed_calls_ = 0;
};

Supervisor make_clients(std::uint32_t shards) {
    const std::uint32_t clients = std::clamp(2 * shards, 4U, 64U);
    const std::chrono::microseconds pause{1'000'000ULL * clients / operations_per_second};
    auto supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named("kv_clients");
    for (std::uint32_t index = 1; index <= clients; ++index) {
        const auto id = fmt::format("kv_client_{}", index);
        supervisor = std::move(supervisor)
                         .child(Term::atom(id), Client{shards, pause}, {},
                                {.label = id, .initial_function = "fiberscope::app::Client::operator()"});
    }
    return supervisor;
}

} // namespace

Application make_kv(std::uint32_t shards) {
    auto supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named("kv_sup");
    for (std::uint32_t index = 1; index <= shards; ++index)
        supervisor = std::move(supervisor).child(shard_name(index), Shard::start().named(shard_name(index)));
    supervisor = std::move(supervisor)
                     .child("kv_janitor", Janitor::start(shards).named("kv_janitor"))
                     .child("kv_clients", make_clients(shards));
    return Application{"kv", std::move(supervisor)};
}

} // namespace fiberscope::app
