// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/spin_lock.hpp"

#include <boost/context/stack_context.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace fiberscope::detail {

/// Address space for stacks: slabs of equal stacks, each with a guard page at its low end so that an overflow faults
/// instead of writing into its neighbour. Only touched pages cost memory.
/// **Thread:** any. **Errors:** std::system_error if the address space cannot be had.
class StackPool {
public:
    StackPool();
    StackPool(const StackPool&) = delete;
    StackPool& operator=(const StackPool&) = delete;
    ~StackPool();

    /// A stack of at least this many usable bytes (16 KiB to 8 MiB, rounded up to a power of two).
    boost::context::stack_context allocate(std::size_t bytes);
    /// Gives it back for reuse; its resident memory but the top pages goes back to the system.
    void release(const boost::context::stack_context& stack) noexcept;

    /// Index of the size class that serves `bytes`.
    static std::size_t class_of(std::size_t bytes) noexcept;
    static std::size_t class_bytes(std::size_t index) noexcept { return smallest << index; }
    static constexpr std::size_t classes = 10;
    /// The part at the low end of a stack that faults.
    static std::size_t guard_bytes() noexcept;
    /// Address space taken so far.
    std::size_t reserved_bytes() const noexcept;
    /// How overflow is caught on this machine, in words.
    const std::string& guards() const noexcept { return guards_; }

private:
    static constexpr std::size_t smallest = 16 * 1024;
    struct Slab {
        std::byte* base;
        std::size_t bytes;
    };
    struct Class {
        std::vector<std::byte*> free; ///< low ends
        std::byte* fresh = nullptr;   ///< the part of the newest slab that was never used
        std::byte* fresh_end = nullptr;
    };
    std::byte* take(std::size_t index);
    void grow(std::size_t index);
    void install_guard(std::byte* low_end) noexcept;

    mutable SpinLock lock_; ///< protects all below
    std::array<Class, classes> classes_;
    std::vector<Slab> slabs_;
    std::size_t reserved_bytes_ = 0;
    enum class Guard { advice, protection, none } guard_;
    std::size_t protected_guards_ = 0;
    std::string guards_;
};

} // namespace fiberscope::detail
