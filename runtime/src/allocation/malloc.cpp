// SPDX-License-Identifier: BSL-1.0
/// Takes the place of malloc and all that goes with it: each block is glibc's own, eight bytes longer than was asked for. In its
/// last eight bytes stands whose it is. It takes no lock, so that what is true of glibc's (forks, signals, threads) stays true.
#include "allocation/accounts.hpp"
#include "allocation/block.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <dlfcn.h>
#include <malloc.h>
#include <search.h>
#include <unistd.h>

extern "C" {
void* __libc_malloc(std::size_t bytes) noexcept;
void* __libc_calloc(std::size_t count, std::size_t bytes) noexcept;
void* __libc_realloc(void* block, std::size_t bytes) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t bytes) noexcept;
void __libc_free(void* block) noexcept;
}

namespace fiberscope::detail {

namespace {

/// From here on blocks are counted. Written once, before main.
constinit bool counts = false;

/// With room for the tag; more than there can be is for glibc to refuse.
std::size_t with_tag(std::size_t bytes) noexcept {
    return bytes <= SIZE_MAX - tag_bytes ? bytes + tag_bytes : bytes;
}

[[gnu::noinline, gnu::cold]] void* counted_slowly(void* memory) noexcept {
    if (counts && memory != nullptr) {
        const Block block{memory};
        block.set_owner(accounts::charge(block.bytes()));
    }
    return memory;
}
[[gnu::always_inline]] inline void* counted(void* memory) noexcept {
    if (!counts || memory == nullptr || Block::is_mapped_alone(memory)) [[unlikely]]
        return counted_slowly(memory);
    const Block block{memory};
    Owner owner = 0;
    if (!accounts::charge_here(block.bytes(), owner)) [[unlikely]]
        return counted_slowly(memory);
    block.set_owner(owner);
    return memory;
}

void* allocate(std::size_t bytes) noexcept {
    return counted(__libc_malloc(with_tag(bytes)));
}

[[gnu::noinline, gnu::cold]] void free_slowly(void* memory) noexcept {
    if (counts && memory != nullptr)
        if (const Block block{memory}; block.has_owner()) {
            accounts::add(block.owner(), -block.bytes());
            block.forget_owner();
        }
    __libc_free(memory);
}
[[gnu::always_inline]] inline void free_block(void* memory) noexcept {
    if (!counts || memory == nullptr || Block::is_mapped_alone(memory)) [[unlikely]]
        return free_slowly(memory);
    const Block block{memory};
    if (!block.has_owner() || !accounts::add_here(block.owner(), -block.bytes())) [[unlikely]]
        return free_slowly(memory);
    block.forget_owner();
    __libc_free(memory);
}

void* allocate_zeroed(std::size_t count, std::size_t bytes) noexcept {
    std::size_t all = 0;
    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return nullptr;
    }
    return counted(__libc_calloc(1, with_tag(all)));
}

/// What it was is given back first, and taken again if it stays what it was.
void* reallocate(void* memory, std::size_t bytes) noexcept {
    if (memory == nullptr)
        return allocate(bytes);
    if (bytes == 0) {
        free_block(memory);
        return nullptr;
    }
    if (!counts)
        return __libc_realloc(memory, with_tag(bytes));
    const Block before{memory};
    if (!before.has_owner())
        return counted(__libc_realloc(memory, with_tag(bytes)));
    const Owner owner = before.owner();
    const std::int64_t bytes_before = before.bytes();
    before.forget_owner();
    void* const now = __libc_realloc(memory, with_tag(bytes));
    if (now == nullptr) {
        before.set_owner(owner);
        return nullptr;
    }
    accounts::add(owner, -bytes_before);
    return counted(now);
}

void* allocate_aligned(std::size_t alignment, std::size_t bytes) noexcept {
    return counted(__libc_memalign(alignment, with_tag(bytes)));
}

int allocate_aligned_to(void** memory, std::size_t alignment, std::size_t bytes) noexcept {
    if (alignment % sizeof(void*) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    const int error = errno;
    void* const found = allocate_aligned(alignment, bytes);
    errno = error;
    if (found == nullptr)
        return ENOMEM;
    *memory = found;
    return 0;
}

std::size_t page_bytes() noexcept {
    return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t usable_bytes_of(void* memory) noexcept {
    if (memory == nullptr || library_usable_bytes == nullptr)
        return 0;
    const std::size_t usable = library_usable_bytes(memory);
    return counts && Block{memory}.has_owner() ? usable - tag_bytes : usable;
}

// -- whether it counts ----

constexpr const char* another_allocator = "malloc is another library's, or the program's own";
constinit const char* obstacle = "it has not begun yet";

const void* module_of(const void* address) noexcept {
    Dl_info place{};
    return ::dladdr(address, &place) != 0 ? place.dli_fbase : nullptr;
}

/// Whoever comes first in the order of the loader's search has them all, or nobody knows whose a block is.
bool has_all_names() noexcept {
    constexpr std::array<const char*, 11> names{
        "malloc",        "free",           "calloc", "realloc", "reallocarray",      "memalign",
        "aligned_alloc", "posix_memalign", "valloc", "pvalloc", "malloc_usable_size"};
    const void* const ours = module_of(&counts);
    return std::all_of(names.begin(), names.end(),
                       [ours](const char* name) { return module_of(::dlsym(RTLD_DEFAULT, name)) == ours; });
}

/// A sanitizer may have taken the place of some of those names, too.
bool are_all_of_one_library() noexcept {
    const void* const library = module_of(reinterpret_cast<const void*>(&__libc_malloc));
    return library == module_of(reinterpret_cast<const void*>(&__libc_calloc)) &&
           library == module_of(reinterpret_cast<const void*>(&__libc_realloc)) &&
           library == module_of(reinterpret_cast<const void*>(&__libc_memalign)) &&
           library == module_of(reinterpret_cast<const void*>(&__libc_free));
}

/// Blocks lie as we think that they do: small ones, large ones that are mapped alone, aligned ones.
bool are_blocks_known() noexcept {
    constexpr std::array<std::size_t, 5> sizes{1, 24, 1000, 100'000, 100'000'000};
    return std::all_of(sizes.begin(), sizes.end(), [](std::size_t bytes) {
        void* const plain = __libc_malloc(bytes);
        void* const aligned = __libc_memalign(256, bytes);
        bool is_known = true;
        for (void* memory : {plain, aligned}) {
            is_known = is_known && (memory == nullptr || Block{memory}.usable_bytes() == library_usable_bytes(memory));
            __libc_free(memory);
        }
        return is_known;
    });
}

[[gnu::constructor(101)]] void begin() noexcept {
    find_library_usable_bytes();
    if (!has_all_names() || !are_all_of_one_library()) {
        obstacle = another_allocator; // whose blocks are not to be touched
        return;
    }
    if (library_usable_bytes == nullptr || !are_blocks_known()) {
        obstacle = "the C library's blocks are not those of the glibc that it knows";
        return;
    }
    accounts::execute(accounts::here.code, true); // the main thread: a window's allocates as much as a scheduler
    obstacle = nullptr;
    counts = true;
}

} // namespace

} // namespace fiberscope::detail

using namespace fiberscope::detail;

// -- in the place of the C library's ----

#define FIBERSCOPE_INSTEAD extern "C" [[gnu::visibility("default")]]

FIBERSCOPE_INSTEAD void* malloc(std::size_t bytes) noexcept {
    return allocate(bytes);
}
FIBERSCOPE_INSTEAD void free(void* memory) noexcept {
    free_block(memory);
}
FIBERSCOPE_INSTEAD void* calloc(std::size_t count, std::size_t bytes) noexcept {
    return allocate_zeroed(count, bytes);
}
FIBERSCOPE_INSTEAD void* realloc(void* memory, std::size_t bytes) noexcept {
    return reallocate(memory, bytes);
}
FIBERSCOPE_INSTEAD void* reallocarray(void* memory, std::size_t count, std::size_t bytes) noexcept {
    std::size_t all = 0;
    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return nullptr;
    }
    return reallocate(memory, all);
}
FIBERSCOPE_INSTEAD void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
    return allocate_aligned(alignment, bytes);
}
FIBERSCOPE_INSTEAD void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    return allocate_aligned(alignment, bytes);
}
FIBERSCOPE_INSTEAD int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) noexcept {
    return allocate_aligned_to(memory, alignment, bytes);
}
FIBERSCOPE_INSTEAD void* valloc(std::size_t bytes) noexcept {
    return allocate_aligned(page_bytes(), bytes);
}
FIBERSCOPE_INSTEAD void* pvalloc(std::size_t bytes) noexcept {
    const std::size_t page = page_bytes();
    std::size_t whole_pages = 0;
    if (__builtin_add_overflow(bytes, page - 1, &whole_pages)) {
        errno = ENOMEM;
        return nullptr;
    }
    return allocate_aligned(page, whole_pages / page * page);
}
FIBERSCOPE_INSTEAD std::size_t malloc_usable_size(void* memory) noexcept {
    return usable_bytes_of(memory);
}

// -- what the runtime calls ----

namespace fiberscope::detail {

namespace {

/// The C library's own calls arrive here: a versioned malloc may stand before ours without being found by its name.
bool is_called() noexcept {
    AllocationAccount account;
    AllocatingCode code;
    code.runtime_calls.store(0, std::memory_order_relaxed);
    code.account = &account;
    const auto compare = [](const void*, const void*) { return 0; };
    const int key = 0;
    void* tree = nullptr;
    const AllocatingCode* const before = std::exchange(accounts::here.code, &code);
    ::tsearch(&key, &tree, compare); // allocates
    const bool is_counted = account.own.get() > 0;
    ::tdelete(&key, &tree, compare); // and frees
    const bool is_counted_off = account.own.get() == 0;
    accounts::here.code = before;
    return is_counted && is_counted_off;
}

const char* idle_because() noexcept {
    if (obstacle != nullptr)
        return obstacle;
    return is_called() ? nullptr : another_allocator;
}

HandOver begin_hand_over(AllocationAccount& to) noexcept {
    return {&to, to.owner.load(std::memory_order_relaxed)};
}

void take(void* hand_over, const void* memory) noexcept {
    auto& moving = *static_cast<HandOver*>(hand_over);
    const Block block{const_cast<void*>(memory)};
    if (!block.has_owner() || block.owner() == moving.to_owner)
        return;
    if (const Owner from = block.owner(); from != moving.from_owner) {
        if (moving.from_bytes != 0)
            accounts::add(moving.from_owner, -moving.from_bytes);
        moving.from_owner = from;
        moving.from_bytes = 0;
    }
    moving.from_bytes += block.bytes();
    moving.to_bytes += block.bytes();
    block.set_owner(moving.to_owner);
}

void finish_hand_over(const HandOver& moving) noexcept {
    if (moving.from_bytes != 0)
        accounts::add(moving.from_owner, -moving.from_bytes);
    if (moving.to_bytes != 0 && !accounts::add_elsewhere(*moving.to, moving.to_owner, moving.to_bytes))
        accounts::add_to_nobody(moving.to_bytes);
}

} // namespace

} // namespace fiberscope::detail

const AllocationLibrary fiberscope_allocation_1{&idle_because,      &accounts::open,     &accounts::give_back,
                                                &accounts::close,   &accounts::bytes_of, &accounts::bytes_of_nobody,
                                                &accounts::execute, &begin_hand_over,    &take,
                                                &finish_hand_over};
