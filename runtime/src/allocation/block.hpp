// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "allocation/accounts.hpp"

#include <cstddef>
#include <cstdint>

#include <dlfcn.h>

namespace fiberscope::detail {

/// glibc's own `malloc_usable_size`, whose place the library takes.
using UsableBytes = std::size_t (*)(void* memory);
inline constinit UsableBytes library_usable_bytes = nullptr;
inline void find_library_usable_bytes() noexcept {
    library_usable_bytes = reinterpret_cast<UsableBytes>(::dlsym(RTLD_NEXT, "malloc_usable_size"));
}

constexpr std::size_t tag_bytes = sizeof(std::uint64_t);

/// A block of glibc's. Its last eight bytes may say whose it is, sealed by its address: what others have written there, in blocks
/// that were made before the library began, is not taken for that but once in eight million.
class Block {
public:
    explicit Block(void* memory) noexcept : memory_{static_cast<std::byte*>(memory)}, usable_bytes_{usable_bytes_of(memory)} {}

    /// glibc has mapped it alone, and knows best how long it is.
    static bool is_mapped_alone(const void* memory) noexcept { return (static_cast<const std::size_t*>(memory)[-1] & 2U) != 0; }
    std::size_t usable_bytes() const noexcept { return usable_bytes_; }
    /// What it takes of the allocator's memory.
    std::int64_t bytes() const noexcept { return static_cast<std::int64_t>(usable_bytes_ + sizeof(std::size_t)); }

    bool has_owner() const noexcept { return (*tag() ^ seal()) >> owner_bits == 0; }
    /// **Pre-condition:** has_owner.
    Owner owner() const noexcept { return *tag() & owner_mask; }
    void set_owner(Owner owner) const noexcept { *tag() = seal() | owner; }
    void forget_owner() const noexcept { *tag() = 0; }

private:
    static constexpr unsigned owner_bits = 40;
    static constexpr std::uint64_t owner_mask = (std::uint64_t{1} << owner_bits) - 1;

    /// glibc keeps the size in front of the block, with three marks.
    static std::size_t usable_bytes_of(void* memory) noexcept {
        constexpr std::size_t marks = 7;
        if (is_mapped_alone(memory)) [[unlikely]]
            return library_usable_bytes(memory);
        return (static_cast<const std::size_t*>(memory)[-1] & ~marks) - sizeof(std::size_t);
    }
    std::uint64_t* tag() const noexcept { return reinterpret_cast<std::uint64_t*>(memory_ + usable_bytes_ - tag_bytes); }
    /// The bits above the owner's; never 0: that would be memory that nobody has written to.
    std::uint64_t seal() const noexcept {
        constexpr std::uint64_t mixer = 0x9e3779b97f4a7c15U;
        return (reinterpret_cast<std::uintptr_t>(memory_) * mixer & ~owner_mask) | (owner_mask + 1);
    }

    std::byte* const memory_;
    const std::size_t usable_bytes_;
};

} // namespace fiberscope::detail
