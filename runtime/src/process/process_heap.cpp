// SPDX-License-Identifier: BSL-1.0
#include "process/process_heap.hpp"

#include "base/code_depth.hpp"
#include "process/control_block.hpp"

namespace fiberscope::detail {

ProcessHeap::ProcessHeap(Life& owner) noexcept : owner_{owner}, source_{owner}, pools_{&source_} {}

ProcessHeap::~ProcessHeap() = default;

/// A container calls this from the process's own code, which the exit of a process over its limit leaves from here.
void* ProcessHeap::do_allocate(std::size_t bytes, std::size_t alignment) {
    const RuntimeCall in_runtime;
    owner_.heap_grows(in_use_, bytes);
    void* memory = pools_.allocate(bytes, alignment);
    in_use_ += bytes;
    return memory;
}

void ProcessHeap::do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) {
    const RuntimeCall in_runtime;
    pools_.deallocate(memory, bytes, alignment);
    in_use_ -= bytes;
    owner_.holdings().heap_limit.has_come_down_to(in_use_);
}

void* ProcessHeap::Source::do_allocate(std::size_t bytes, std::size_t alignment) {
    void* memory = std::pmr::new_delete_resource()->allocate(bytes, alignment);
    owner_.block().shown.heap_bytes.add(bytes);
    give_block(owner_.block().account(), memory);
    return memory;
}

void ProcessHeap::Source::do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) {
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    owner_.block().shown.heap_bytes.set(owner_.block().shown.heap_bytes.get() - bytes);
}

} // namespace fiberscope::detail
