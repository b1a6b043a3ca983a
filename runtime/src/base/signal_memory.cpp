// SPDX-License-Identifier: BSL-1.0
#include "base/signal_memory.hpp"

#include "base/code_depth.hpp"
#include "base/sanitizer.hpp"
#include "base/spin_lock.hpp"

#include <mutex>
#include <new>
#include <utility>

namespace fiberscope::detail {

namespace {

constexpr std::uint32_t batch_pieces = 128;
constexpr std::uint32_t most_batches = 64; ///< of a size in the depot

[[gnu::tls_model("initial-exec")]] constinit thread_local SignalMemory* used_here = nullptr;

} // namespace

/// **Thread:** any.
class SignalMemory::Depot {
public:
    static Depot& instance() noexcept {
        static constinit Depot depot;
        return depot;
    }
    /// nullptr: there is none.
    Piece* take(std::size_t index) noexcept {
        const std::lock_guard guard{lock_};
        Piece* batch = batches_[index];
        if (batch != nullptr) {
            batches_[index] = batch->next_batch;
            --counts_[index];
        }
        return batch;
    }
    /// False: it is full.
    bool put(std::size_t index, Piece* batch) noexcept {
        const std::lock_guard guard{lock_};
        if (counts_[index] == most_batches)
            return false;
        batch->next_batch = std::exchange(batches_[index], batch);
        ++counts_[index];
        return true;
    }

private:
    SpinLock lock_; ///< protects all
    std::array<Piece*, sizes> batches_{};
    std::array<std::uint32_t, sizes> counts_{};
};

void SignalMemory::use() noexcept {
    if (!has_address_sanitizer())
        used_here = this;
}

void SignalMemory::release() noexcept {
    if (used_here == this)
        used_here = nullptr;
    for (List& list : lists_) {
        free_all(std::exchange(list.first, nullptr));
        free_all(std::exchange(list.spare, nullptr));
        list.count = 0;
    }
}

void SignalMemory::free_all(Piece* first) noexcept {
    while (first != nullptr)
        ::operator delete(std::exchange(first, first->next));
}

void* SignalMemory::allocate(std::size_t bytes) {
    const std::size_t index = index_of(bytes);
    if (index >= sizes) [[unlikely]]
        return allocate_piece(bytes);
    List& list = lists_[index];
    if (list.first == nullptr && !refill(index)) [[unlikely]]
        return allocate_piece(bytes);
    --list.count;
    return std::exchange(list.first, list.first->next);
}

void SignalMemory::free(void* memory, std::size_t bytes) noexcept {
    const std::size_t index = index_of(bytes);
    if (index >= sizes) [[unlikely]]
        return ::operator delete(memory);
    List& list = lists_[index];
    if (list.count == batch_pieces) [[unlikely]]
        put_aside(index);
    auto* piece = ::new (memory) Piece;
    piece->next = std::exchange(list.first, piece);
    ++list.count;
}

bool SignalMemory::refill(std::size_t index) noexcept {
    List& list = lists_[index];
    list.first = list.spare != nullptr ? std::exchange(list.spare, nullptr) : Depot::instance().take(index);
    list.count = list.first != nullptr ? batch_pieces : 0;
    return list.first != nullptr;
}

void SignalMemory::put_aside(std::size_t index) noexcept {
    List& list = lists_[index];
    if (list.spare != nullptr && !Depot::instance().put(index, list.spare))
        free_all(list.spare);
    list.spare = std::exchange(list.first, nullptr);
    list.count = 0;
}

void* Signal::operator new(std::size_t bytes) {
    const RuntimeCall in_runtime; // its process is not interrupted while it changes the lists
    return used_here != nullptr ? used_here->allocate(bytes) : SignalMemory::allocate_piece(bytes);
}

void Signal::operator delete(void* memory, std::size_t bytes) noexcept {
    const RuntimeCall in_runtime;
    used_here != nullptr ? used_here->free(memory, bytes) : ::operator delete(memory);
}

} // namespace fiberscope::detail
