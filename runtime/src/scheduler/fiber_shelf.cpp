// SPDX-License-Identifier: BSL-1.0
#include "scheduler/fiber_shelf.hpp"

#include "base/clock.hpp"
#include "scheduler/schedulable.hpp"

#include <boost/fiber/context.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <optional>
#include <system_error>

namespace fiberscope::detail {

namespace {

/// Idle fibers that are kept with their stacks; more are ended.
constexpr std::size_t most_idle = 1024;
constexpr std::size_t most_kept = 4;

/// Boost's way to a stack of ours. Stacks lie whole pages apart: if all were used from their very end, the lines that are touched
/// at each switch would share a few sets of the processor's caches.
struct PoolStack {
    using traits_type = boost::context::stack_traits;
    StackPool* pool;
    Stack stack;

    boost::context::stack_context allocate() const noexcept {
        constexpr std::uintptr_t page_shift = 12;
        constexpr std::uintptr_t colour_bytes = 64;
        const std::uintptr_t colour = (stack.high() >> page_shift) * 0x9e3779b97f4a7c15U >> 59U; // 0 to 31
        boost::context::stack_context context;
        context.size = stack.bytes - colour * colour_bytes;
        context.sp = stack.top - colour * colour_bytes;
        return context;
    }
    void deallocate(boost::context::stack_context& /*context*/) const noexcept { pool->release(stack); }
};

} // namespace

void FiberShelf::open(boost::fibers::context& main) {
    main_ = &main;
    while (idle_[usual_class_].size() < most_kept) {
        PooledFiber* fiber = make(usual_class_);
        if (fiber == nullptr)
            throw std::system_error{ENOMEM, std::generic_category(), "no memory for the stacks of a scheduler"};
        idle_[usual_class_].push_back(fiber);
    }
}

PooledFiber* FiberShelf::take_last() noexcept {
    for (auto& fibers : idle_)
        if (!fibers.empty()) {
            PooledFiber* fiber = fibers.back();
            fibers.pop_back();
            return fiber;
        }
    return nullptr;
}

/// How many are not lent to those who may keep them.
std::size_t FiberShelf::kept(std::size_t stack_class) const noexcept {
    return stack_class == usual_class_ ? most_kept : 0;
}

PooledFiber* FiberShelf::fiber_for(Schedulable& process) noexcept {
    const std::size_t stack_class = StackPool::class_of(process.stack_bytes);
    auto& idle = idle_[stack_class];
    if (idle.size() > kept(stack_class)) {
        PooledFiber* fiber = idle.back();
        idle.pop_back();
        return fiber;
    }
    if (PooledFiber* made = make(stack_class))
        return made;
    if (!process.is_new && idle.size() > 1)
        return take(stack_class);
    PooledFiber* any = take(usual_class_);
    for (std::size_t other = 0; any == nullptr && other < idle_.size(); ++other)
        any = take(other);
    if (any != nullptr)
        process.end_without_stack();
    return any;
}

/// Not the one that suspends just now.
PooledFiber* FiberShelf::take(std::size_t stack_class) noexcept {
    auto& idle = idle_[stack_class];
    const auto found = std::find_if(idle.begin(), idle.end(), [active = boost::fibers::context::active()](PooledFiber* fiber) {
        return fiber->context() != active;
    });
    if (found == idle.end())
        return nullptr;
    PooledFiber* fiber = *found;
    idle.erase(found);
    return fiber;
}

PooledFiber* FiberShelf::make(std::size_t stack_class) noexcept {
    const std::optional<Stack> stack = stacks_.allocate(StackPool::class_bytes(stack_class));
    if (!stack)
        return nullptr;
    try {
        idle_[stack_class].reserve(most_idle); // for `put`
        auto owned = std::make_unique<PooledFiber>(stack_class);
        PooledFiber& fiber = *owned;
        fiber.set_stack(*stack);
        // not through boost::fibers::fiber, which queues it
        const auto context = boost::fibers::make_worker_context_with_properties(
            boost::fibers::launch::post, nullptr, PoolStack{&stacks_, *stack}, [owned = std::move(owned)] { owned->run(); });
        fiber.set_context(context.get());
        receive(fiber);
        return &fiber;
    } catch (const std::bad_alloc&) { // of the first two lines: Boost's own things lie on the stack
        stacks_.release(*stack);
        return nullptr;
    }
}

/// Boost lists the workers of a thread. Ours may go elsewhere, so that list holds none of them.
void FiberShelf::receive(PooledFiber& fiber) noexcept {
    boost::fibers::context* context = fiber.context();
    if (fiber.scheduler() != nullptr)
        context->detach();
    main_->attach(context);
    context->worker_unlink();
    fiber.set_scheduler(owner_);
}

bool FiberShelf::put(PooledFiber& fiber, std::int64_t now_ns) noexcept {
    is_back();
    auto& idle = idle_[fiber.stack_class()];
    if (idle.size() >= most_idle)
        return false;       // Boost would keep its stack until this scheduler has nothing to do
    idle.push_back(&fiber); // reserved by `make`: does not allocate
    fiber.set_used(true);
    if (++put_since_trim_ >= most_idle)
        trim(now_ns); // one that never sleeps does it at work
    return true;
}

std::int64_t FiberShelf::trim_if_due(std::int64_t now_ns) noexcept {
    constexpr std::int64_t rest_before_trim_ns = 100'000'000;
    if (put_since_trim_ == 0)
        return never_ns;
    if (now_ns - trimmed_ns_ < rest_before_trim_ns)
        return trimmed_ns_ + rest_before_trim_ns;
    trim(now_ns);
    return never_ns;
}

void FiberShelf::trim(std::int64_t now_ns) noexcept {
    trimmed_ns_ = now_ns;
    put_since_trim_ = 0;
    for (auto& fibers : idle_)
        for (PooledFiber* fiber : fibers)
            if (fiber->is_used()) {
                fiber->set_used(false);
                StackPool::trim(fiber->stack());
            }
}

} // namespace fiberscope::detail
