// SPDX-License-Identifier: BSL-1.0
/// The library Fiberscope::Allocation, which counts who has allocated what, as the runtime sees it. A program may do without.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace fiberscope::detail {

/// What one process has allocated and not given back. The library's own, at its address for the program's life.
struct AllocationAccount;

/// Whose code a thread executes: the library looks at it at each allocation. **Thread:** its own.
struct AllocatingCode {
    std::atomic<std::int32_t> runtime_calls{1}; ///< 0: the code of a process
    bool is_elsewhere = false;                  ///< that code runs on another thread than the process
    AllocationAccount* account = nullptr;       ///< of that process; nullptr: what is allocated is nobody's
};

/// Blocks on their way from their owners to `to`: their bytes are entered at once, when all have been taken.
struct HandOver {
    AllocationAccount* to;
    std::uint64_t to_owner;
    std::uint64_t from_owner = 0;
    std::int64_t from_bytes = 0;
    std::int64_t to_bytes = 0;
};

/// **Thread:** any, unless it says so. **Blocks:** never.
struct AllocationLibrary {
    /// nullptr: it counts. Else why not: then nothing else here is called.
    const char* (*idle_because)() noexcept;
    /// An account of no bytes; nullptr if there is no memory for one. `give_back` is for who does not need it any more.
    AllocationAccount* (*open)() noexcept;
    void (*give_back)(AllocationAccount& account) noexcept;
    /// Its process has ended: what that has left is nobody's, and the account another's. **Thread:** the process's own.
    void (*close)(AllocationAccount& account) noexcept;
    std::int64_t (*bytes_of)(const AllocationAccount& account) noexcept;
    std::int64_t (*bytes_of_nobody)() noexcept;
    /// What this thread executes from now on, and what it did before. `is_scheduler`: it allocates so often that it counts apart.
    const AllocatingCode* (*execute)(const AllocatingCode* code, bool is_scheduler) noexcept;
    HandOver (*begin)(AllocationAccount& to) noexcept;
    /// The block that begins at `block` goes to the new owner. `hand_over`: a HandOver.
    void (*take)(void* hand_over, const void* block) noexcept;
    void (*finish)(const HandOver& hand_over) noexcept;
};

/// nullptr: the program is not linked with it, or it does not count. Written before the first process is there.
extern const AllocationLibrary* allocation_library;
/// Looks for it, once a program. Empty, or why it does not count.
const std::string& find_allocation_library();
/// `operator new` hands out the allocator's own blocks, so that those of containers can be found by their addresses.
bool blocks_have_addresses() noexcept;

/// What `block` points to, from `operator new`, is `to`'s from now on.
void give_block(AllocationAccount* to, const void* block) noexcept;

/// While it lives this thread executes `code`.
class Executes {
public:
    explicit Executes(const AllocatingCode& code, bool is_scheduler) noexcept
        : before_{allocation_library != nullptr ? allocation_library->execute(&code, is_scheduler) : nullptr} {}
    ~Executes() {
        if (before_ != nullptr)
            allocation_library->execute(before_, false);
    }
    Executes(const Executes&) = delete;
    Executes& operator=(const Executes&) = delete;

private:
    const AllocatingCode* const before_;
};

} // namespace fiberscope::detail

/// By this name the runtime finds the library; another layout is another name.
extern "C" [[gnu::visibility("default")]] const fiberscope::detail::AllocationLibrary fiberscope_allocation_1;
