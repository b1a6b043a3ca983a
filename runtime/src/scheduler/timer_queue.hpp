// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"
#include "base/counter.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fiberscope::detail {

class Schedulable;

/// The moments at which one scheduler has something to do: wake a process whose receive or idle time is over, or fire
/// a timer. Entries are values that may have gone stale; whoever handles one finds that out. Equal times come out in
/// the order they went in (rule T05).
/// **Thread:** the owning scheduler, where nothing else is said. **Cost:** O(log n), entries of 32 bytes.
class TimerQueue {
public:
    struct Entry {
        std::int64_t at_ns;
        std::uint64_t order;
        Schedulable* process; ///< to wake, or nullptr
        std::uint64_t timer;  ///< else the reference of a timer
    };

    /// **Errors:** std::bad_alloc, unless there is room.
    void add(std::int64_t at_ns, Schedulable* process, std::uint64_t timer);
    /// Room for one more. **Errors:** std::bad_alloc.
    void make_room() {
        if (heap_.size() == heap_.capacity())
            heap_.reserve(std::max<std::size_t>(2 * heap_.capacity(), 64));
    }
    /// When the first is due. **Thread:** any.
    std::int64_t next_ns() const noexcept { return next_ns_.get(); }
    Entry pop();
    std::size_t size() const noexcept { return heap_.size(); }
    /// Drops the entries for which `stale(entry)` is true: called when most of them are.
    template <class Stale>
    void purge(Stale stale) {
        std::erase_if(heap_, stale);
        rebuild();
    }

private:
    void rebuild();
    void publish_next() noexcept { next_ns_.set(heap_.empty() ? never_ns : heap_.front().at_ns); }

    std::vector<Entry> heap_;
    Counter<std::int64_t> next_ns_{never_ns};
    std::uint64_t next_order_ = 0;
};

} // namespace fiberscope::detail
