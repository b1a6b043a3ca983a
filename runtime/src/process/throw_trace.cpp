// SPDX-License-Identifier: BSL-1.0
#include "process/throw_trace.hpp"

#include "base/code_depth.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/stack_sample.hpp"

#include <fiberscope/process.hpp>

#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <typeinfo>

#include <dlfcn.h>

namespace fiberscope::detail {

namespace {

using Throw = void (*)(void* exception, std::type_info* type, void (*destroy)(void*));
using Allocate = void* (*)(std::size_t bytes) noexcept;
using Rethrow = void (*)(std::exception_ptr exception);

Throw find_library_throw() noexcept {
    return reinterpret_cast<Throw>(::dlsym(RTLD_NEXT, "__cxa_throw"));
}
Allocate find_library_allocate() noexcept {
    return reinterpret_cast<Allocate>(::dlsym(RTLD_NEXT, "__cxa_allocate_exception"));
}
Rethrow find_library_rethrow() noexcept {
    return reinterpret_cast<Rethrow>(::dlsym(RTLD_NEXT, "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE"));
}

/// Looked up when the program starts, not at the first throw: a process could be interrupted in the middle of that.
const Throw library_throw = find_library_throw();
const Allocate library_allocate = find_library_allocate();
const Rethrow library_rethrow = find_library_rethrow();

/// How often memory at some address was given out for an exception, by any thread. Addresses that share a count make a
/// place forgotten too early, never taken for another's.
class AllocationCounts {
public:
    std::atomic<std::uint64_t>& of(const void* exception) noexcept {
        constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;
        return counts_[reinterpret_cast<std::uintptr_t>(exception) * golden_ratio >> (64U - bits)];
    }

private:
    static constexpr unsigned bits = 13;
    std::array<std::atomic<std::uint64_t>, std::size_t{1} << bits> counts_{};
};
constinit AllocationCounts allocations;
/// False where libstdc++'s own is used in place of ours: then an address says nothing about who has it.
constinit std::atomic<bool> are_counted{false};

/// The one for this very exception, not for an earlier one at its address.
const ThrownStacks::Thrown* find_thrown(Scheduler& scheduler, const void* exception) noexcept {
    if (!are_counted.load(std::memory_order_relaxed))
        return nullptr;
    const std::uint64_t allocation = allocations.of(exception).load(std::memory_order_relaxed);
    for (const ThrownStacks::Thrown& thrown : scheduler.thrown_stacks().thrown)
        if (exception != nullptr && thrown.exception == exception && thrown.allocation == allocation)
            return &thrown;
    return nullptr;
}

/// The object thrown: all that an exception_ptr holds.
const void* object_of(const std::exception_ptr& exception) noexcept {
    const void* object = nullptr;
    static_assert(sizeof(exception) == sizeof(object));
    std::memcpy(&object, &exception, sizeof(object));
    return object;
}

bool is_clean_exit(const void* exception, const std::type_info& type) {
    return type == typeid(ProcessExit) && static_cast<const ProcessExit*>(exception)->reason.is_clean();
}

/// The exact way through libraries is for some a second: a process may throw a lot, and catch it.
void note_throw(Scheduler& scheduler, const void* exception, std::uintptr_t frame) noexcept {
    const RuntimeCall in_runtime;
    const RunningSlice slice = scheduler.slice().now();
    if (slice.process == nullptr)
        return;
    const StackSpan span = slice.process->fiber.load(std::memory_order_relaxed)->frames();
    ThrownStacks& stacks = scheduler.thrown_stacks();
    ThrownStacks::Thrown& thrown = stacks.thrown[stacks.next++ % stacks.thrown.size()];
    thrown.exception = exception;
    thrown.allocation = allocations.of(exception).load(std::memory_order_relaxed);
    thrown.stack.clear();
    if (scheduler.may_unwind())
        unwind_frames(span, thrown.stack);
    else
        walk_frames(frame, span, thrown.stack);
}

} // namespace

std::optional<RawStack> stack_of_current_exception() {
    Scheduler* scheduler = Scheduler::current();
    const auto* thrown = scheduler != nullptr ? find_thrown(*scheduler, object_of(std::current_exception())) : nullptr;
    return thrown != nullptr ? std::optional{thrown->stack.raw()} : std::nullopt;
}

} // namespace fiberscope::detail

// Weak, for programs into which libstdc++ is linked statically: there its own are used, and where exceptions were thrown is
// not known.

/// Takes the place of the library's, for throws in libraries, too.
extern "C" [[gnu::weak, gnu::visibility("default")]] void __cxa_throw(void* exception, void* type, void (*destroy)(void*)) {
    using namespace fiberscope::detail;
    auto* thrown_type = static_cast<std::type_info*>(type); // as the compiler declares it, not as <cxxabi.h> does
    if (Scheduler* scheduler = Scheduler::current(); scheduler != nullptr && !is_clean_exit(exception, *thrown_type))
        note_throw(*scheduler, exception, reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
    const auto from_library = library_throw != nullptr ? library_throw : find_library_throw(); // other initialisers may throw
    from_library(exception, thrown_type, destroy);
    __builtin_unreachable();
}

/// Takes the place of the library's.
extern "C" [[gnu::weak, gnu::visibility("default")]] void* __cxa_allocate_exception(std::size_t bytes) noexcept {
    using namespace fiberscope::detail;
    void* exception = (library_allocate != nullptr ? library_allocate : find_library_allocate())(bytes);
    allocations.of(exception).fetch_add(1, std::memory_order_relaxed);
    if (!are_counted.load(std::memory_order_relaxed))
        are_counted.store(true, std::memory_order_relaxed);
    return exception;
}

/// Takes the place of the library's: an exception of another thread comes into a process here.
[[gnu::weak, gnu::visibility("default")]] void std::rethrow_exception(std::exception_ptr exception) {
    using namespace fiberscope::detail;
    const void* object = object_of(exception);
    if (Scheduler* scheduler = Scheduler::current(); scheduler != nullptr && find_thrown(*scheduler, object) == nullptr)
        note_throw(*scheduler, object, reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
    (library_rethrow != nullptr ? library_rethrow : find_library_rethrow())(std::move(exception));
    __builtin_unreachable();
}
