// SPDX-License-Identifier: BSL-1.0
#include "scheduler/stack_pool.hpp"

#include "base/sanitizer.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <mutex>
#include <new>
#include <system_error>

#include <sys/mman.h>

namespace fiberscope::detail {

namespace {

/// MADV_GUARD_INSTALL and MADV_GUARD_REMOVE of Linux 6.13: guard pages that need no mapping of their own. Not in older headers.
constexpr int madv_guard_install = 102;
constexpr int madv_guard_remove = 103;
/// Two mappings a guard; the kernel's default limit of mappings is 65,530.
constexpr std::size_t most_protected_guards = 30'000;
constexpr std::size_t slab_bytes = std::size_t{64} << 20U;
/// Address space that stacks do not take: what else the program does goes on when there is no more for them.
constexpr std::size_t left_to_others_bytes = std::size_t{32} << 20U;
/// Pages at the top of a returned stack that stay resident: the next user touches them at once.
constexpr std::size_t hot_bytes = 8 * 1024;
/// Returned stacks that keep them. Beyond those, what was used is given back.
constexpr std::size_t most_hot_stacks = 1024;

/// At the low end of a stack that no page guards.
constexpr std::uint64_t pattern = 0x5afe'57ac'c0de'11edU;
constexpr std::size_t pattern_words = 8;

constexpr std::size_t page_bytes = guard_page_bytes;
/// Zone and page.
constexpr std::size_t guard_bytes = guard_zone_bytes + guard_page_bytes;

void* address(std::uintptr_t value) noexcept {
    return reinterpret_cast<void*>(value);
}

std::uint64_t* pattern_of(const Stack& stack) noexcept {
    return reinterpret_cast<std::uint64_t*>(stack.low());
}

/// 0, or why advice does not work here.
int probe_advice() {
    void* probe = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED)
        throw std::system_error{errno, std::generic_category(), "no address space for stacks"};
    const int error = ::madvise(probe, page_bytes, madv_guard_install) == 0 ? 0 : errno;
    ::munmap(probe, page_bytes);
    return error;
}

StackGuards chosen(StackGuards wanted) {
    if (wanted != StackGuards::automatic && wanted != StackGuards::advice)
        return wanted;
    const int error = probe_advice();
    if (error != 0 && wanted == StackGuards::advice)
        throw std::system_error{error, std::generic_category(), "stack guards by MADV_GUARD_INSTALL"};
    return error == 0 ? StackGuards::advice : StackGuards::protection;
}

std::string in_words(StackGuards kind) {
    switch (kind) {
    case StackGuards::advice: return "zone and page below every stack (MADV_GUARD_INSTALL)";
    case StackGuards::protection:
        return "zone and page below the first 30,000 stacks (mprotect; Linux 6.13 guards every one), others checked when they "
               "give way";
    default: return "stacks are checked when their processes give way";
    }
}

} // namespace

StackPool::StackPool(StackGuards wanted) : kind_{chosen(wanted)}, guards_{in_words(kind_)} {}

StackPool::~StackPool() {
    for (const Slab& slab : slabs_) {
        sanitizer_forgets(slab.base, slab.bytes);
        if (!slab.is_left)
            ::munmap(slab.base, slab.bytes);
    }
}

std::size_t StackPool::class_of(std::size_t bytes) noexcept {
    const std::size_t rounded = std::bit_ceil(std::max(bytes, smallest));
    return std::min<std::size_t>(static_cast<std::size_t>(std::countr_zero(rounded / smallest)), classes - 1);
}

// -- stacks ----

std::optional<Stack> StackPool::allocate(std::size_t bytes) noexcept {
    const std::optional<Stack> stack = take(class_of(bytes));
    if (stack && !stack->is_guarded)
        std::fill_n(pattern_of(*stack), pattern_words, pattern);
    return stack;
}

std::optional<Stack> StackPool::take(std::size_t index) noexcept {
    Stack stack;
    {
        const std::lock_guard guard{lock_};
        Class& stacks = classes_[index];
        if (auto& free = stacks.hot.empty() ? stacks.cold : stacks.hot; !free.empty()) {
            hot_stacks_ -= &free == &stacks.hot ? 1 : 0;
            stack = free.back();
            free.pop_back();
            return stack;
        }
        if (stacks.fresh == stacks.fresh_end && !grow(index))
            return std::nullopt;
        stacks.fresh += guard_bytes + class_bytes(index);
        stack = {stacks.fresh, class_bytes(index), false};
    }
    stack.is_guarded = install_guard(stack);
    return stack;
}

/// False: there is no address space, or no memory for the lists that `release` relies on; then nothing has changed.
/// **Pre-condition:** lock_ is held.
bool StackPool::grow(std::size_t index) noexcept {
    Class& stacks = classes_[index];
    const std::size_t each = guard_bytes + class_bytes(index);
    const std::size_t count = std::max<std::size_t>(slab_bytes / each, 1);
    const std::size_t bytes = count * each;
    try {
        stacks.hot.reserve(most_hot_stacks);
        if (stacks.cold.capacity() < stacks.stacks + count)
            stacks.cold.reserve(std::max(2 * stacks.cold.capacity(), stacks.stacks + count));
        slabs_.reserve(std::bit_ceil(slabs_.size() + 1));
    } catch (const std::bad_alloc&) {
        return false;
    }
    const std::size_t asked = bytes + left_to_others_bytes;
    void* base = ::mmap(nullptr, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return false;
    auto* first = static_cast<std::byte*>(base);
    ::munmap(first + bytes, left_to_others_bytes);
    ::madvise(base, bytes, MADV_NOHUGEPAGE);
    slabs_.push_back({first, bytes});
    reserved_bytes_ += bytes;
    stacks.stacks += count;
    stacks.fresh = first;
    stacks.fresh_end = first + bytes;
    return true;
}

void StackPool::release(const Stack& stack) noexcept {
    sanitizer_forgets(address(stack.low()), stack.bytes);
    Class& stacks = classes_[class_of(stack.bytes)];
    const bool is_hot = may_stay_hot();
    const std::uintptr_t low = stack.is_guarded ? stack.low() : stack.low() - guard_bytes;
    ::madvise(address(low), stack.high() - (is_hot ? hot_bytes : 0) - low, MADV_DONTNEED);
    const std::lock_guard guard{lock_};
    (is_hot ? stacks.hot : stacks.cold).push_back(stack); // reserved by grow: does not allocate
}

void StackPool::leave(const Stack& stack) noexcept {
    const std::lock_guard guard{lock_};
    for (Slab& slab : slabs_)
        slab.is_left = slab.is_left || (stack.top > slab.base && stack.top <= slab.base + slab.bytes);
}

bool StackPool::may_stay_hot() noexcept {
    const std::lock_guard guard{lock_};
    if (hot_stacks_ >= most_hot_stacks)
        return false;
    ++hot_stacks_;
    return true;
}

void StackPool::trim(const Stack& stack) noexcept {
    const std::size_t pages = (stack.bytes - hot_bytes) / page_bytes;
    std::array<unsigned char, (smallest << (classes - 1)) / page_bytes> resident{};
    if (::mincore(address(stack.low()), pages * page_bytes, resident.data()) != 0)
        return;
    const std::size_t kept = stack.is_guarded ? 0 : 1; // the page with the pattern
    if (std::any_of(resident.begin() + static_cast<std::ptrdiff_t>(kept), resident.begin() + static_cast<std::ptrdiff_t>(pages),
                    [](unsigned char page) { return (page & 1U) != 0; }))
        ::madvise(address(stack.low() + kept * page_bytes), (pages - kept) * page_bytes, MADV_DONTNEED);
}

std::size_t StackPool::reserved_bytes() const noexcept {
    const std::lock_guard guard{lock_};
    return reserved_bytes_;
}

// -- guards ----

bool StackPool::install_guard(const Stack& stack) noexcept {
    void* low_end = address(stack.low() - guard_bytes);
    if (kind_ == StackGuards::advice)
        return ::madvise(low_end, guard_bytes, madv_guard_install) == 0;
    if (kind_ == StackGuards::checks)
        return false;
    const std::lock_guard guard{lock_};
    if (protected_guards_ >= most_protected_guards || ::mprotect(low_end, guard_bytes, PROT_NONE) != 0)
        return false;
    ++protected_guards_;
    return true;
}

void StackPool::open_zone(const Stack& stack, std::uintptr_t low) noexcept {
    const std::size_t bytes = stack.low() - low;
    sanitizer_forgets(address(low), bytes);
    if (!stack.is_guarded)
        return;
    if (kind_ == StackGuards::advice)
        ::madvise(address(low), bytes, madv_guard_remove);
    else
        ::mprotect(address(low), bytes, PROT_READ | PROT_WRITE);
}

void StackPool::close_zone(const Stack& stack) noexcept {
    sanitizer_forgets(address(stack.zone_low()), guard_zone_bytes);
    if (!stack.is_guarded)
        return;
    if (kind_ == StackGuards::advice) { // gives the memory back, too
        ::madvise(address(stack.zone_low()), guard_zone_bytes, madv_guard_install);
        return;
    }
    ::madvise(address(stack.zone_low()), guard_zone_bytes, MADV_DONTNEED);
    ::mprotect(address(stack.zone_low()), guard_zone_bytes, PROT_NONE);
}

bool StackPool::is_overrun(const Stack& stack) noexcept {
    const std::uint64_t* words = pattern_of(stack);
    return !stack.is_guarded && std::any_of(words, words + pattern_words, [](std::uint64_t word) { return word != pattern; });
}

} // namespace fiberscope::detail
