// SPDX-License-Identifier: BSL-1.0
#include "allocation/accounts.hpp"

#include "base/spin_lock.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <new>

#include <sys/mman.h>

namespace fiberscope::detail {

namespace {

constexpr unsigned index_bits = 23;
constexpr unsigned life_bits = 17;
constexpr unsigned bytes_bits = 64 - life_bits;
constexpr std::uint64_t index_mask = (std::uint64_t{1} << index_bits) - 1;
constexpr std::uint64_t life_mask = (std::uint64_t{1} << life_bits) - 1;
constexpr std::uint64_t bytes_mask = (std::uint64_t{1} << bytes_bits) - 1;

constexpr std::uint64_t life_of(Owner owner) noexcept {
    return owner >> index_bits & life_mask;
}
constexpr std::int64_t bytes_in(std::uint64_t elsewhere) noexcept {
    return static_cast<std::int64_t>(elsewhere << life_bits) >> life_bits;
}

// -- nobody's ----

/// The same for threads that share it.
struct alignas(64) SharedTally {
    std::atomic<std::int64_t> bytes{0};
};

using accounts::here;
using accounts::Tally;

constinit std::array<Tally, 512> tallies{};
constinit std::array<SharedTally, 16> shared_tallies{};

constinit const AllocatingCode nobodys_code{};

Tally* take_tally() noexcept {
    auto* const found = std::find_if(tallies.begin(), tallies.end(),
                                     [](Tally& tally) { return !tally.is_taken.exchange(true, std::memory_order_acquire); });
    return found != tallies.end() ? found : nullptr;
}

// -- the table ----

class Table {
public:
    AllocationAccount* take() noexcept {
        const std::lock_guard guard{lock_};
        if (first_free_ == nullptr)
            return fresh();
        AllocationAccount* account = first_free_;
        first_free_ = account->next_free;
        return account;
    }
    void give_back(AllocationAccount& account) noexcept {
        const std::lock_guard guard{lock_};
        account.next_free = first_free_;
        first_free_ = &account;
    }
    /// nullptr: there never was such an account.
    AllocationAccount* find(Owner owner) noexcept {
        const std::uint64_t index = owner & index_mask;
        AllocationAccount* chunk = chunks_[index / chunk_accounts].load(std::memory_order_relaxed);
        return chunk != nullptr ? chunk + index % chunk_accounts : nullptr;
    }

private:
    static constexpr std::uint64_t chunk_accounts = 4096;
    static constexpr std::uint64_t chunks = (index_mask + 1) / chunk_accounts;

    AllocationAccount* fresh() noexcept {
        if (next_ > index_mask)
            return nullptr;
        auto& chunk = chunks_[next_ / chunk_accounts];
        if (chunk.load(std::memory_order_relaxed) == nullptr) {
            constexpr std::size_t bytes = chunk_accounts * sizeof(AllocationAccount);
            void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory == MAP_FAILED)
                return nullptr;
            chunk.store(static_cast<AllocationAccount*>(memory), std::memory_order_relaxed); // its pages are touched when needed
        }
        auto* account = ::new (find(next_)) AllocationAccount;
        account->owner.store(next_++, std::memory_order_relaxed);
        return account;
    }

    SpinLock lock_; ///< protects all but what is in the chunks
    AllocationAccount* first_free_ = nullptr;
    std::uint64_t next_ = 1; ///< 0: nobody
    std::array<std::atomic<AllocationAccount*>, chunks> chunks_{};
};

constinit Table table;

} // namespace

[[gnu::tls_model("initial-exec")]] constinit thread_local accounts::Here accounts::here{&nobodys_code, nullptr};

void accounts::add_to_shared_tally(std::int64_t bytes) noexcept {
    constexpr unsigned thread_shift = 12; // the addresses of two threads' variables are pages apart
    const std::size_t index = (reinterpret_cast<std::uintptr_t>(&here) >> thread_shift) % shared_tallies.size();
    shared_tallies[index].bytes.fetch_add(bytes, std::memory_order_relaxed);
}

bool accounts::add_elsewhere(AllocationAccount& account, Owner owner, std::int64_t bytes) noexcept {
    const std::uint64_t life = life_of(owner);
    std::uint64_t old = account.elsewhere.load(std::memory_order_relaxed);
    std::uint64_t changed = 0;
    do {
        if (old >> bytes_bits != life)
            return false;
        changed = life << bytes_bits | ((old + static_cast<std::uint64_t>(bytes)) & bytes_mask);
    } while (!account.elsewhere.compare_exchange_weak(old, changed, std::memory_order_relaxed));
    return true;
}

/// An account that there never was is none of ours: what was taken for a tag is not one.
void accounts::add_to_another(Owner owner, std::int64_t bytes) noexcept {
    AllocationAccount* account = table.find(owner);
    if (account != nullptr && !add_elsewhere(*account, owner, bytes))
        add_to_nobody(bytes);
}

AllocationAccount* accounts::open() noexcept {
    return table.take();
}

void accounts::give_back(AllocationAccount& account) noexcept {
    close(account);
    table.give_back(account);
}

void accounts::close(AllocationAccount& account) noexcept {
    const Owner owner = account.owner.load(std::memory_order_relaxed);
    const std::uint64_t next_life = (life_of(owner) + 1) & life_mask;
    account.owner.store((owner & index_mask) | next_life << index_bits, std::memory_order_relaxed);
    const std::uint64_t last = account.elsewhere.exchange(next_life << bytes_bits, std::memory_order_relaxed);
    if (const std::int64_t left = account.own.get() + bytes_in(last); left != 0)
        add_to_nobody(left);
    account.own.set(0);
}

std::int64_t accounts::bytes_of(const AllocationAccount& account) noexcept {
    return account.own.get() + bytes_in(account.elsewhere.load(std::memory_order_relaxed));
}

std::int64_t accounts::bytes_of_nobody() noexcept {
    std::int64_t bytes = 0;
    for (const Tally& tally : tallies)
        bytes += tally.bytes.get();
    for (const SharedTally& tally : shared_tallies)
        bytes += tally.bytes.load(std::memory_order_relaxed);
    return bytes;
}

const AllocatingCode* accounts::execute(const AllocatingCode* code, bool is_scheduler) noexcept {
    const AllocatingCode* before = here.code;
    here.code = code;
    if (code == &nobodys_code && here.tally != nullptr) {
        here.tally->is_taken.store(false, std::memory_order_release);
        here.tally = nullptr;
    } else if (is_scheduler)
        here.tally = take_tally();
    return before;
}

} // namespace fiberscope::detail
