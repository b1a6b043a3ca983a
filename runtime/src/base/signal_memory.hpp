// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/message.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace fiberscope::detail {

/// The memory of signals, which are made and destroyed at every message: `Signal::operator new` takes it from free lists by size
/// of the scheduler on whose thread it is called, and `delete` leaves it there. What is too much for a list goes to a depot that
/// all share, since some mostly send and others mostly receive, and what is too much for that to the heap. Every piece is the
/// heap's own, so threads without lists and programs under AddressSanitizer use the heap itself.
/// **Thread:** one, that of its owner, from `use` on.
class SignalMemory {
public:
    SignalMemory() = default;
    SignalMemory(const SignalMemory&) = delete;
    SignalMemory& operator=(const SignalMemory&) = delete;
    /// Gives all to the heap.
    ~SignalMemory() { release(); }

    /// From here on this thread uses these lists; `release` ends that, and gives all to the heap.
    void use() noexcept;
    void release() noexcept;

    /// Of the heap: a piece that any list can keep later.
    static void* allocate_piece(std::size_t bytes) { return ::operator new(bytes > largest_bytes ? bytes : rounded(bytes)); }
    void* allocate(std::size_t bytes);
    void free(void* memory, std::size_t bytes) noexcept;

private:
    static constexpr std::size_t step_bytes = 16;
    static constexpr std::size_t largest_bytes = 256;
    static constexpr std::size_t sizes = largest_bytes / step_bytes;
    static std::size_t index_of(std::size_t bytes) noexcept { return (bytes - 1) / step_bytes; }
    static std::size_t rounded(std::size_t bytes) noexcept { return (index_of(bytes) + 1) * step_bytes; }

    struct Piece {
        Piece* next;
        Piece* next_batch; ///< of the first piece of a batch in the depot
    };
    struct List {
        Piece* first = nullptr;
        Piece* spare = nullptr;  ///< one batch more
        std::uint32_t count = 0; ///< without the spare one
    };
    class Depot;

    static void free_all(Piece* first) noexcept;
    bool refill(std::size_t index) noexcept;
    void put_aside(std::size_t index) noexcept;

    std::array<List, sizes> lists_{};
};

} // namespace fiberscope::detail
