// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/spin_lock.hpp"

#include <fiberscope/isolation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fiberscope::detail {

/// Bytes of the zone below a stack that is opened where an overflow happens in code that must be let return first.
inline constexpr std::size_t guard_zone_bytes = 64 * 1024;

/// Of the page below that, which stays closed.
inline constexpr std::size_t guard_page_bytes = 4096;

/// A stack. From its high end down: what is there to use, the guard zone, a guard page.
struct Stack {
    std::byte* top = nullptr; ///< one past its high end
    std::size_t bytes = 0;    ///< to use
    bool is_guarded = false;  ///< zone and page fault; else a pattern at the low end tells an overflow

    std::uintptr_t high() const noexcept { return reinterpret_cast<std::uintptr_t>(top); }
    /// Lowest address to use.
    std::uintptr_t low() const noexcept { return high() - bytes; }
    std::uintptr_t zone_low() const noexcept { return low() - guard_zone_bytes; }
    std::uintptr_t zone_middle() const noexcept { return low() - guard_zone_bytes / 2; }
    /// The zone or the page below it, which faults.
    bool is_guard(std::uintptr_t address) const noexcept {
        return is_guarded && address >= zone_low() - guard_page_bytes && address < low();
    }
    /// Including its zone.
    bool contains(std::uintptr_t address) const noexcept { return address >= zone_low() && address < high(); }
};

/// Address space for stacks: slabs of equal stacks, each with its guards below it so that an overflow faults instead of
/// writing into its neighbour. Only touched pages cost memory.
/// **Thread:** any.
class StackPool {
public:
    /// **Errors:** std::system_error if the guards that are asked for by name do not work here.
    explicit StackPool(StackGuards wanted);
    StackPool(const StackPool&) = delete;
    StackPool& operator=(const StackPool&) = delete;
    ~StackPool();

    /// A stack of at least this many usable bytes (16 KiB to 8 MiB, rounded up to a power of two); nothing if the address
    /// space cannot be had.
    std::optional<Stack> allocate(std::size_t bytes) noexcept;
    /// Gives it back for reuse. Its resident memory goes back to the system; some keep their top pages for the next user.
    void release(const Stack& stack) noexcept;
    /// It is never used again, but stays as it is until the program's end: others may look at it.
    void leave(const Stack& stack) noexcept;
    /// Gives the resident memory of a stack that is used by its top pages only back to the system, if deep use has left
    /// any there.
    static void trim(const Stack& stack) noexcept;

    /// Lets a stack grow into its guard zone, down to `low`. **Thread:** its user's; async-signal-safe.
    void open_zone(const Stack& stack, std::uintptr_t low) noexcept;
    /// Gives the zone's memory back and closes it. **Pre-condition:** nothing lies there any more.
    void close_zone(const Stack& stack) noexcept;
    /// The low end of an unguarded stack has been written to.
    static bool is_overrun(const Stack& stack) noexcept;

    /// Index of the size class that serves `bytes`.
    static std::size_t class_of(std::size_t bytes) noexcept;
    static std::size_t class_bytes(std::size_t index) noexcept { return smallest << index; }
    static constexpr std::size_t classes = 10;
    /// Address space taken so far.
    std::size_t reserved_bytes() const noexcept;
    /// How overflow is caught on this machine, in words.
    const std::string& guards() const noexcept { return guards_; }

private:
    static constexpr std::size_t smallest = 16 * 1024;
    struct Slab {
        std::byte* base;
        std::size_t bytes;
        bool is_left = false; ///< stays mapped
    };
    struct Class {
        std::vector<Stack> hot;     ///< free, top pages resident: used again first
        std::vector<Stack> cold;    ///< free, nothing resident
        std::size_t stacks = 0;     ///< in all slabs; that many have room in `cold`
        std::byte* fresh = nullptr; ///< the part of the newest slab that was never used
        std::byte* fresh_end = nullptr;
    };
    std::optional<Stack> take(std::size_t index) noexcept;
    bool grow(std::size_t index) noexcept;
    bool may_stay_hot() noexcept;
    bool install_guard(const Stack& stack) noexcept;

    const StackGuards kind_; ///< never `automatic`
    const std::string guards_;
    mutable SpinLock lock_; ///< protects all below
    std::array<Class, classes> classes_;
    std::vector<Slab> slabs_;
    std::size_t reserved_bytes_ = 0;
    std::size_t hot_stacks_ = 0;
    std::size_t protected_guards_ = 0;
};

} // namespace fiberscope::detail
