// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/application.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

/// The applications behind the workloads. Each builds a value and starts nothing.
namespace fiberscope::app {

/// A sharded key-value store, `kv_sup`: servers `kv_shard_1..shards`, each holding the keys that hash to it, a janitor
/// that drops keys nobody has written for a while, and supervised clients that put and get some 300 times a second in all.
Application make_kv(std::uint32_t shards);

/// Counts the words (as `wc -w` does) and the distinct words of the files directly in `folder`: one mapper process a
/// file, a few at a time, reads in the blocking pool; four reducers add up. The server `wordcount_result` keeps the
/// result, the log gets a line.
Application make_wordcount(std::filesystem::path folder, std::uint32_t passes);

/// Passes a token `hops` times around a ring of `members` linked processes, logs the time a hop, rests, and begins again.
Application make_ring(std::uint32_t members, std::uint64_t hops);

/// Chat rooms and their members, all servers: what one says, its room fans out to all.
Application make_chat(std::uint32_t rooms, std::uint32_t members);

/// Processes that search for primes, never wait and call nothing of the runtime.
Application make_burn(std::uint32_t burners);

/// One runaway, `greedy_runaway`, among `clients` processes that want a turn ten times a second. `greedy_meter` writes to
/// the log how late they got it: with preemption by signals, and without if that is switched off meanwhile.
Application make_greedy(std::uint32_t clients);

/// Two servers that call each other: after two seconds both wait, until their calls time out and both are restarted.
Application make_deadlock();

/// A child that fails again and again, beside one that does not, until their supervisor gives up.
Application make_crashloop();

/// One child a fault, `faults_overflow`, `faults_throw`, ...: what it does when it gets a `faults::Provoke`. With a pause,
/// `faults_chaos` sends one to a random child that often.
Application make_faults(std::optional<std::chrono::milliseconds> random_pause);

/// Producers that are faster than their consumer. Its mailbox grows for a while, then stays: each producer may have
/// 25,000 items under way and waits for the consumer's credit beyond that.
Application make_flood(std::uint32_t producers);

/// Servers that do nothing, in groups of 1,000 under a supervisor each; a process fills the groups after the start.
Application make_idle(std::uint32_t servers);

} // namespace fiberscope::app
