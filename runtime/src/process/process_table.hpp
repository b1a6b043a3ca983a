// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/spin_lock.hpp"
#include "process/control_block.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace fiberscope::detail {

/// All control blocks of a Node, by slot. Chunks never move and blocks are never freed while the Node lives, so looking
/// a pid up needs no lock. Free slots are used again first come, first served and not before a few hundred others, so
/// that the pids of neighbours in time differ by more than their serial. A slot whose serials are used up stays free for
/// ever, so no pid ever names a second process.
class ProcessTable {
public:
    ProcessTable(ProcessSystem& system, std::uint32_t limit, std::uint32_t schedulers);
    ~ProcessTable();

    /// A free block, or nullptr if `limit` processes live; the Node's own may be some more, so that it can be stopped in order
    /// all the same. **Thread:** any; `scheduler` is the caller's id, 0: outside.
    ControlBlock* allocate(std::uint32_t scheduler, bool is_system = false);
    /// **Thread:** as allocate.
    void release(ControlBlock& block, std::uint32_t scheduler) noexcept;
    /// The block that `pid` names if it lives; else nullptr. **Thread:** any.
    ControlBlock* find(Pid pid) const noexcept;
    /// The same, also if it is about to tell its end: then it still takes signals, and answers them once its name is free.
    ControlBlock* addressed(Pid pid) const noexcept;
    /// The block of a slot that has been used, else nullptr. **Thread:** any.
    ControlBlock* at(std::uint32_t slot) const noexcept;
    /// Slots below this have been used.
    std::uint32_t used_slots() const noexcept { return used_slots_.load(std::memory_order_acquire); }
    std::uint32_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
    std::uint32_t limit() const noexcept { return limit_; }

private:
    static constexpr std::uint32_t chunk_slots = 256;
    static constexpr std::uint32_t beyond_limit = 64;
    static constexpr std::uint32_t most_chunks = (1U << 22U) / chunk_slots;
    /// Freed slots wait in a queue until this many are behind them.
    static constexpr std::uint32_t shortest_queue = 256;
    static constexpr std::uint32_t batch = 64;
    struct Chunk;
    struct FreeQueue {
        ControlBlock* head = nullptr;
        ControlBlock* tail = nullptr;
        std::uint32_t size = 0;
        void push(ControlBlock& block) noexcept;
        ControlBlock* pop() noexcept;
    };
    struct alignas(64) Local {
        FreeQueue freed; ///< here
        FreeQueue taken; ///< fresh ones, or freed elsewhere
    };
    ControlBlock* take_free(std::uint32_t scheduler);
    void refill(FreeQueue& taken);
    ControlBlock* fresh_block();

    ProcessSystem& system_;
    const std::uint32_t limit_;
    std::vector<Local> locals_; ///< by scheduler id; 0 stays unused
    SpinLock lock_;             ///< protects common_ and the making of chunks
    FreeQueue common_;
    std::atomic<std::uint32_t> count_{0};
    std::atomic<std::uint32_t> used_slots_{1}; ///< slot 0 stays unused: its pid would look like "nobody"
    std::vector<std::atomic<Chunk*>> chunks_;
};

} // namespace fiberscope::detail
