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

/// Bytes that a scheduler's thread has added and taken away. Stays when the thread has gone: another goes on with it.
struct alignas(64) Tally {
    Counter<std::int64_t> bytes; ///< written by its thread
    std::atomic<bool> is_taken{false};
};

/// What this thread does.
struct Here {
    const AllocatingCode* code;
    Tally* tally; ///< nullptr: it shares one
};
[[gnu::tls_model("initial-exec")]] extern constinit thread_local Here here;

void add_to_shared_tally(std::int64_t bytes) noexcept;
inline void add_to_nobody(std::int64_t bytes) noexcept {
    here.tally != nullptr ? here.tally->bytes.add(bytes) : add_to_shared_tally(bytes);
}
/// False: its life is over.
bool add_elsewhere(AllocationAccount& account, Owner owner, std::int64_t bytes) noexcept;
/// To an account that is not this thread's; to nobody's where that is over.
void add_to_another(Owner owner, std::int64_t bytes) noexcept;

/// What is common: adds `bytes` to who runs here, and says who that is. False: it is none of these.
inline bool charge_here(std::int64_t bytes, Owner& owner) noexcept {
    const AllocatingCode& code = *here.code;
    const bool is_process = code.runtime_calls.load(std::memory_order_relaxed) == 0 && code.account != nullptr;
    if (is_process ? code.is_elsewhere : here.tally == nullptr) [[unlikely]]
        return false;
    owner = is_process ? code.account->owner.load(std::memory_order_relaxed) : 0;
    (is_process ? code.account->own : here.tally->bytes).add(bytes);
    return true;
}
/// The same of a block that `owner` has.
inline bool add_here(Owner owner, std::int64_t bytes) noexcept {
    const AllocatingCode& code = *here.code;
    const bool is_own =
        code.account != nullptr && code.account->owner.load(std::memory_order_relaxed) == owner && !code.is_elsewhere;
    if (!is_own && (owner != 0 || here.tally == nullptr)) [[unlikely]]
        return false;
    (is_own ? code.account->own : here.tally->bytes).add(bytes);
    return true;
}

/// Adds `bytes` to who runs here. Returns who that is.
inline Owner charge(std::int64_t bytes) noexcept {
    Owner owner = 0;
    if (charge_here(bytes, owner))
        return owner;
    const AllocatingCode& code = *here.code;
    if (code.runtime_calls.load(std::memory_order_relaxed) == 0 && code.account != nullptr) {
        owner = code.account->owner.load(std::memory_order_relaxed);
        if (add_elsewhere(*code.account, owner, bytes))
            return owner;
    }
    add_to_nobody(bytes);
    return 0;
}

/// Adds `bytes`, which may be fewer than none, to what `owner` has, or to nobody's where it has ended.
inline void add(Owner owner, std::int64_t bytes) noexcept {
    if (add_here(owner, bytes))
        return;
    owner == 0 ? add_to_nobody(bytes) : add_to_another(owner, bytes);
}

} // namespace accounts

} // namespace fiberscope::detail
