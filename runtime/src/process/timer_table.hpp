// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/message.hpp>
#include <fiberscope/process.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace fiberscope::detail {

/// The timers of `send_after` and `start_timer` that one scheduler fires. Their moments stand in the scheduler's timer
/// queue; here are their messages. A cancelled timer leaves a stale entry there, which is purged with others in time.
/// **Thread:** any.
class TimerTable {
public:
    explicit TimerTable(std::uint32_t scheduler) : scheduler_{scheduler} {}

    struct Due {
        Pid pid;   ///< whom it is for, or ...
        Atom name; ///< ... who has this name then
        std::unique_ptr<MessageSignal> message;
        std::int64_t at_ns;
    };

    /// Keeps a timer; if the message is a Timeout it learns its reference. **Errors:** Error{system_limit} beyond 2^24,
    /// std::bad_alloc.
    TimerRef add(std::int64_t at_ns, const Target& target, std::unique_ptr<MessageSignal> message, bool is_timeout);
    /// When it would have fired, or nothing if it is not pending.
    std::optional<std::int64_t> read(TimerRef timer) const;
    /// Takes the timer out, to fire it or since it is cancelled; nothing if it is not pending. The messages belong to the
    /// caller, here and below: their destructors are user code.
    std::optional<Due> take(TimerRef timer);
    /// So many that were taken out have not fired: their moments stay in the scheduler's queue. True: there have come to be
    /// enough of them to see whether it should be purged.
    bool count_stale(std::uint32_t count) noexcept {
        constexpr std::uint32_t enough = 1024;
        const std::uint32_t before = stale_.fetch_add(count, std::memory_order_relaxed);
        return before / enough != (before + count) / enough;
    }
    /// Takes out all timers to a process that ended (rule T04).
    std::vector<Due> drop_target(Pid target);
    bool is_pending(TimerRef timer) const;
    std::uint32_t pending() const noexcept { return pending_.load(std::memory_order_relaxed); }
    /// Counted since the last purge of the scheduler's queue.
    std::uint32_t stale() const noexcept { return stale_.load(std::memory_order_relaxed); }
    void purged() noexcept { stale_.store(0, std::memory_order_relaxed); }

    static std::uint32_t scheduler_of(TimerRef timer) noexcept { return static_cast<std::uint32_t>(timer.bits() >> 56U); }

private:
    static constexpr std::uint32_t none = ~0U;
    static constexpr std::uint32_t last_serial = ~0U;
    struct Record {
        std::uint32_t serial = 0;
        std::int64_t at_ns = 0;
        Pid pid;
        Atom name;
        std::unique_ptr<MessageSignal> message; ///< null: free
        std::uint32_t previous = none;          ///< in the chain of the same target pid
        std::uint32_t next = none;              ///< in that chain, or the next free one
    };
    static std::uint32_t index_of(TimerRef timer) noexcept { return static_cast<std::uint32_t>(timer.bits() >> 32U) & 0xffffffU; }
    const Record* find(TimerRef timer) const noexcept;
    void chain(std::uint32_t index);
    void unchain(const Record& record, std::uint32_t index);
    Due free(std::uint32_t index);

    const std::uint32_t scheduler_;
    mutable std::mutex mutex_; ///< protects all below but the atomics
    std::vector<Record> records_;
    std::uint32_t free_ = none;
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> first_of_target_;
    std::atomic<std::uint32_t> pending_{0};
    std::atomic<std::uint32_t> stale_{0};
};

} // namespace fiberscope::detail
