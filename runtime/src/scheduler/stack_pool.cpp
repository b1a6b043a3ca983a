// SPDX-License-Identifier: BSL-1.0
#include "scheduler/stack_pool.hpp"

#include "scheduler/sanitizer.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <mutex>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

/// MADV_GUARD_INSTALL of Linux 6.13: a guard page that needs no mapping of its own. Not in older headers.
constexpr int madv_guard_install = 102;
/// Two mappings a guard; the kernel's default limit of mappings is 65,530.
constexpr std::size_t most_protected_guards = 30'000;
constexpr std::size_t slab_bytes = std::size_t{64} << 20U;
/// Pages at the top of a returned stack that stay resident: the next user touches them at once.
constexpr std::size_t hot_bytes = 8 * 1024;

std::size_t page_bytes() noexcept {
    static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

} // namespace

StackPool::StackPool() : guard_{Guard::advice} {
    void* probe = ::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED)
        throw std::system_error{errno, std::generic_category(), "no address space for stacks"};
    if (::madvise(probe, page_bytes(), madv_guard_install) != 0)
        guard_ = Guard::protection;
    ::munmap(probe, page_bytes());
    guards_ = guard_ == Guard::advice ? "guard page below every stack (MADV_GUARD_INSTALL)"
                                      : "guard page below the first 30,000 stacks (mprotect; Linux 6.13 guards every one)";
}

StackPool::~StackPool() {
    for (const Slab& slab : slabs_) {
        sanitizer_forgets(slab.base, slab.bytes);
        ::munmap(slab.base, slab.bytes);
    }
}

std::size_t StackPool::class_of(std::size_t bytes) noexcept {
    const std::size_t rounded = std::bit_ceil(std::max(bytes, smallest));
    return std::min<std::size_t>(static_cast<std::size_t>(std::countr_zero(rounded / smallest)), classes - 1);
}

std::size_t StackPool::guard_bytes() noexcept {
    return page_bytes();
}

boost::context::stack_context StackPool::allocate(std::size_t bytes) {
    const std::size_t index = class_of(bytes);
    std::byte* low_end = take(index);
    boost::context::stack_context stack;
    stack.size = class_bytes(index);
    stack.sp = low_end + stack.size;
    return stack;
}

std::byte* StackPool::take(std::size_t index) {
    std::byte* low_end = nullptr;
    {
        const std::lock_guard guard{lock_};
        Class& stacks = classes_[index];
        if (!stacks.free.empty()) {
            low_end = stacks.free.back();
            stacks.free.pop_back();
            return low_end;
        }
        if (stacks.fresh == stacks.fresh_end)
            grow(index);
        low_end = stacks.fresh;
        stacks.fresh += class_bytes(index);
    }
    install_guard(low_end);
    return low_end;
}

/// **Pre-condition:** lock_ is held.
void StackPool::grow(std::size_t index) {
    const std::size_t bytes = std::max(slab_bytes, class_bytes(index));
    void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        throw std::system_error{errno, std::generic_category(), "no address space for stacks"};
    ::madvise(base, bytes, MADV_NOHUGEPAGE);
    auto* first = static_cast<std::byte*>(base);
    slabs_.push_back({first, bytes});
    reserved_bytes_ += bytes;
    classes_[index].fresh = first;
    classes_[index].fresh_end = first + bytes;
    classes_[index].free.reserve(classes_[index].free.capacity() + bytes / class_bytes(index));
}

void StackPool::install_guard(std::byte* low_end) noexcept {
    if (guard_ == Guard::advice) {
        ::madvise(low_end, page_bytes(), madv_guard_install);
        return;
    }
    const std::lock_guard guard{lock_};
    if (protected_guards_ < most_protected_guards && ::mprotect(low_end, page_bytes(), PROT_NONE) == 0)
        ++protected_guards_;
}

void StackPool::release(const boost::context::stack_context& stack) noexcept {
    std::byte* low_end = static_cast<std::byte*>(stack.sp) - stack.size;
    sanitizer_forgets(low_end, stack.size);
    ::madvise(low_end + page_bytes(), stack.size - page_bytes() - hot_bytes, MADV_DONTNEED);
    const std::lock_guard guard{lock_};
    classes_[class_of(stack.size)].free.push_back(low_end); // reserved by grow: does not allocate
}

std::size_t StackPool::reserved_bytes() const noexcept {
    const std::lock_guard guard{lock_};
    return reserved_bytes_;
}

} // namespace fiberscope::detail
