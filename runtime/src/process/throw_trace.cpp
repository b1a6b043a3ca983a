// SPDX-License-Identifier: BSL-1.0
#include "process/throw_trace.hpp"

#include "base/code_depth.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/stack_sample.hpp"

#include <fiberscope/process.hpp>

#include <array>
#include <cstring>
#include <exception>
#include <typeinfo>

#include <dlfcn.h>

namespace fiberscope::detail {

namespace {

using Throw = void (*)(void* exception, std::type_info* type, void (*destroy)(void*));

Throw find_library_throw() noexcept {
    return reinterpret_cast<Throw>(::dlsym(RTLD_NEXT, "__cxa_throw"));
}

/// Looked up when the program starts, not at the first throw: a process could be interrupted in the middle of that.
const Throw library_throw = find_library_throw();

struct Thrown {
    const void* exception = nullptr;
    StackSample stack;
};
/// Exceptions nest, and others are thrown while one unwinds.
struct LastThrown {
    std::array<Thrown, 4> thrown;
    std::size_t next = 0;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local LastThrown last_thrown;

bool is_clean_exit(const void* exception, const std::type_info& type) {
    return type == typeid(ProcessExit) && static_cast<const ProcessExit*>(exception)->reason.is_clean();
}

/// The exact way through libraries is for some a second: a process may throw a lot, and catch it.
void note_throw(Scheduler& scheduler, const void* exception, std::uintptr_t frame) noexcept {
    const RuntimeCall in_runtime;
    const RunningSlice slice = scheduler.running_slice();
    if (slice.process == nullptr)
        return;
    const StackSpan span = slice.process->fiber.load(std::memory_order_relaxed)->frames();
    Thrown& thrown = last_thrown.thrown[last_thrown.next++ % last_thrown.thrown.size()];
    thrown.exception = exception;
    thrown.stack.clear();
    if (scheduler.may_unwind())
        unwind_frames(span, thrown.stack);
    else
        walk_frames(frame, span, thrown.stack);
}

} // namespace

std::optional<RawStack> stack_of_current_exception() {
    const std::exception_ptr current = std::current_exception();
    const void* exception = nullptr; // the object thrown: all that an exception_ptr holds
    static_assert(sizeof(current) == sizeof(exception));
    std::memcpy(&exception, &current, sizeof(exception));
    for (const Thrown& thrown : last_thrown.thrown)
        if (exception != nullptr && thrown.exception == exception)
            return thrown.stack.raw();
    return std::nullopt;
}

} // namespace fiberscope::detail

/// Takes the place of the library's, for throws in libraries, too.
extern "C" [[gnu::visibility("default")]] void __cxa_throw(void* exception, void* type, void (*destroy)(void*)) {
    using namespace fiberscope::detail;
    auto* thrown_type = static_cast<std::type_info*>(type); // as the compiler declares it, not as <cxxabi.h> does
    if (Scheduler* scheduler = Scheduler::current(); scheduler != nullptr && !is_clean_exit(exception, *thrown_type))
        note_throw(*scheduler, exception, reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
    const auto from_library = library_throw != nullptr ? library_throw : find_library_throw(); // other initialisers may throw
    from_library(exception, thrown_type, destroy);
    __builtin_unreachable();
}
