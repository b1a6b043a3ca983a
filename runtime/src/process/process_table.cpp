// SPDX-License-Identifier: BSL-1.0
#include "process/process_table.hpp"

#include <mutex>
#include <new>

namespace fiberscope::detail {

/// Raw memory for blocks; a block is made when its slot is used first.
struct ProcessTable::Chunk {
    alignas(ControlBlock) std::byte memory[chunk_slots][sizeof(ControlBlock)];

    ControlBlock* at(std::uint32_t index) noexcept { return std::launder(reinterpret_cast<ControlBlock*>(memory[index])); }
};

void ProcessTable::FreeQueue::push(ControlBlock& block) noexcept {
    block.queue_next = nullptr;
    if (tail != nullptr)
        tail->queue_next = &block;
    else
        head = &block;
    tail = &block;
    ++size;
}

ControlBlock* ProcessTable::FreeQueue::pop() noexcept {
    ControlBlock* block = head;
    if (block == nullptr)
        return nullptr;
    head = static_cast<ControlBlock*>(block->queue_next);
    if (head == nullptr)
        tail = nullptr;
    block->queue_next = nullptr;
    --size;
    return block;
}

ProcessTable::ProcessTable(ProcessSystem& system, std::uint32_t limit, std::uint32_t schedulers)
    : system_{system}, limit_{limit}, locals_(schedulers + 1), chunks_(most_chunks) {}

ProcessTable::~ProcessTable() {
    for (std::uint32_t slot = 1; slot < used_slots(); ++slot)
        at(slot)->~ControlBlock();
    for (auto& chunk : chunks_)
        delete chunk.load(std::memory_order_relaxed);
}

ControlBlock* ProcessTable::at(std::uint32_t slot) const noexcept {
    if (slot == 0 || slot >= used_slots())
        return nullptr;
    return chunks_[slot / chunk_slots].load(std::memory_order_relaxed)->at(slot % chunk_slots);
}

ControlBlock* ProcessTable::find(Pid pid) const noexcept {
    ControlBlock* block = at(pid.slot());
    return block != nullptr && block->is_live(pid.serial()) && block->pid() == pid ? block : nullptr;
}

ControlBlock* ProcessTable::addressed(Pid pid) const noexcept {
    ControlBlock* block = at(pid.slot());
    return block != nullptr && block->pid() == pid ? block : nullptr;
}

ControlBlock* ProcessTable::allocate(std::uint32_t scheduler, bool is_system) {
    if (count_.fetch_add(1, std::memory_order_relaxed) >= (is_system ? limit_ + beyond_limit : limit_)) {
        count_.fetch_sub(1, std::memory_order_relaxed);
        return nullptr;
    }
    try {
        if (ControlBlock* block = take_free(scheduler))
            return block;
    } catch (...) {
        count_.fetch_sub(1, std::memory_order_relaxed);
        throw;
    }
    count_.fetch_sub(1, std::memory_order_relaxed); // those that are free wait at other schedulers
    return nullptr;
}

ControlBlock* ProcessTable::take_free(std::uint32_t scheduler) {
    if (scheduler == 0) {
        const std::lock_guard guard{lock_};
        if (common_.size > shortest_queue)
            return common_.pop();
        ControlBlock* fresh = fresh_block();
        return fresh != nullptr ? fresh : common_.pop();
    }
    Local& local = locals_[scheduler];
    if (local.freed.size > shortest_queue)
        return local.freed.pop();
    if (local.taken.size == 0)
        refill(local.taken);
    return local.taken.size != 0 ? local.taken.pop() : local.freed.pop();
}

void ProcessTable::release(ControlBlock& block, std::uint32_t scheduler) noexcept {
    count_.fetch_sub(1, std::memory_order_relaxed);
    if (block.is_used_up())
        return;
    constexpr std::uint32_t longest_queue = shortest_queue + 2 * batch; // few are used again and again, and stay in the cache
    if (scheduler == 0) {
        const std::lock_guard guard{lock_};
        common_.push(block);
        return;
    }
    FreeQueue& freed = locals_[scheduler].freed;
    freed.push(block);
    if (freed.size <= longest_queue)
        return;
    const std::lock_guard guard{lock_};
    for (std::uint32_t i = 0; i < batch; ++i)
        common_.push(*freed.pop());
}

/// Fresh ones a few at a time: what schedulers start by turns gets pids near each other.
void ProcessTable::refill(FreeQueue& taken) {
    constexpr std::uint32_t few = 8;
    const std::lock_guard guard{lock_};
    while (taken.size < batch && common_.size > shortest_queue)
        taken.push(*common_.pop());
    while (taken.size < few) {
        ControlBlock* block = fresh_block();
        if (block == nullptr)
            block = common_.pop();
        if (block == nullptr)
            return;
        taken.push(*block);
    }
}

/// The next slot that was never used; nullptr if the 22 bits are used up. **Pre-condition:** lock_ is held.
ControlBlock* ProcessTable::fresh_block() {
    const std::uint32_t slot = used_slots();
    if (slot / chunk_slots >= most_chunks)
        return nullptr;
    auto& chunk = chunks_[slot / chunk_slots];
    if (chunk.load(std::memory_order_relaxed) == nullptr)
        chunk.store(new Chunk, std::memory_order_relaxed);
    auto* block = new (chunk.load(std::memory_order_relaxed)->memory[slot % chunk_slots]) ControlBlock{system_, slot};
    used_slots_.store(slot + 1, std::memory_order_release);
    return block;
}

} // namespace fiberscope::detail
