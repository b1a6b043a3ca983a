// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"
#include "base/counter.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace fiberscope::detail {

class Schedulable;

/// The moments at which one scheduler has something to do: wake a process whose receive or idle time is over, or fire
/// a timer. Entries are values that may have gone stale; whoever handles one finds that out. Equal times come out in
/// the order they went in (rule T05).
/// A hierarchical timing wheel (Varghese and Lauck, 1987): an entry of a later tick lies unsorted in the place of the wheel that
/// its time leads to, and moves down at most once a level; only what belongs to the tick that is open is kept sorted.
/// **Thread:** the owning scheduler, where nothing else is said. **Cost:** O(1), but O(log n) in the entries of its own tick;
/// entries of 44 bytes.
class TimerQueue {
public:
    struct Entry {
        std::int64_t at_ns;
        std::uint64_t order;
        Schedulable* process; ///< to wake, or nullptr
        std::uint64_t timer;  ///< else the reference of a timer
    };

    /// Adds an entry for `at_ns`, which may be over. **Errors:** std::bad_alloc, unless there is room.
    void add(std::int64_t now_ns, std::int64_t at_ns, Schedulable* process, std::uint64_t timer);
    /// Room for one more. **Errors:** std::bad_alloc.
    void make_room() {
        if (free_ == none && nodes_.size() == nodes_.capacity())
            grow();
    }
    /// When the first is due. **Thread:** any.
    std::int64_t next_ns() const noexcept { return next_ns_.get(); }
    /// Takes the first. **Pre-condition:** there is one. Leaves room for one.
    Entry pop() noexcept;
    std::size_t size() const noexcept { return size_; }
    /// Drops the entries for which `stale(entry)` is true: called when most of them are.
    template <class Stale>
    void purge(Stale stale);

private:
    using Index = std::uint32_t; ///< into nodes_
    static constexpr Index none = ~Index{0};
    static constexpr unsigned places_a_level = 64;
    static constexpr unsigned bits_a_level = 6;
    static constexpr unsigned levels = 8; ///< for all times that there are: 2^63 ns are 2^43 ticks

    struct Node {
        Entry entry;
        Index next;
    };
    /// Entries of one place, in no order.
    struct Place {
        Index first = none;
        std::int64_t earliest_ns = never_ns;
    };
    struct Level {
        std::uint64_t taken = 0; ///< a bit for each place that has entries
        std::array<Place, places_a_level> places;
    };

    void grow();
    void put(Index index) noexcept;
    void open_next_tick() noexcept;
    void release(Index index) noexcept;
    void publish_next() noexcept;
    void sort_open() noexcept;
    template <class Stale>
    void purge_open(Stale& stale);
    template <class Stale>
    void purge_place(Level& level, unsigned place, Stale& stale);

    std::vector<Node> nodes_; ///< of all places and of the open tick; those that are free are a list
    Index free_ = none;
    std::size_t size_ = 0;
    std::vector<Index> open_; ///< a heap: entries of the open tick, or of earlier ones
    std::uint64_t open_tick_ = 0;
    std::array<Level, levels> wheel_; ///< later ones, by the highest digit in which their tick differs from the open one
    Counter<std::int64_t> next_ns_{never_ns};
    std::uint64_t next_order_ = 0;
};

template <class Stale>
void TimerQueue::purge(Stale stale) {
    purge_open(stale);
    for (Level& level : wheel_)
        for (std::uint64_t taken = level.taken; taken != 0; taken &= taken - 1)
            purge_place(level, static_cast<unsigned>(__builtin_ctzll(taken)), stale);
    publish_next();
}

template <class Stale>
void TimerQueue::purge_open(Stale& stale) {
    std::erase_if(open_, [&](Index index) {
        const bool goes = stale(nodes_[index].entry);
        if (goes)
            release(index);
        return goes;
    });
    sort_open();
}

template <class Stale>
void TimerQueue::purge_place(Level& level, unsigned place, Stale& stale) {
    Place& entries = level.places[place];
    Index left = std::exchange(entries, Place{}).first;
    level.taken &= ~(std::uint64_t{1} << place);
    while (left != none) {
        const Index index = left;
        left = nodes_[index].next;
        if (stale(nodes_[index].entry))
            release(index);
        else
            put(index);
    }
}

} // namespace fiberscope::detail
