// SPDX-License-Identifier: BSL-1.0
/// Who owns which block, and how much each one has.
#pragma once

#include "base/allocation.hpp"
#include "base/counter.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fiberscope::detail {

/// An account's place in the table, and the life in it: processes come and go. 0: nobody.
using Owner = std::uint64_t;

struct alignas(32) AllocationAccount {
    Counter<std::int64_t> own;               ///< bytes; written by the thread that runs its process
    std::atomic<std::uint64_t> elsewhere{0}; ///< its life, and bytes that other threads have added and taken away
    std::atomic<Owner> owner{0};             ///< written by whoever opens it, then by its process at its end
    AllocationAccount* next_free = nullptr;  ///< under the lock of the table
};

/// All accounts of the program: never moved, never freed, so that a block may outlive its owner.
namespace accounts {

AllocationAccount* open() noexcept;
void give_back(AllocationAccount& account) noexcept;
void close(AllocationAccount& account) noexcept;
std::int64_t bytes_of(const AllocationAccount& account) noexcept;
std::int64_t bytes_of_nobody() noexcept;
const AllocatingCode* execute(const AllocatingCode* code, bool is_scheduler) noexcept;

/// Adds `bytes` to who runs here. Returns who that is.
Owner charge(std::int64_t bytes) noexcept;
/// Adds `bytes`, which may be fewer than none, to what `owner` has, or to nobody's where it has ended.
void add(Owner owner, std::int64_t bytes) noexcept;

} // namespace accounts

} // namespace fiberscope::detail
