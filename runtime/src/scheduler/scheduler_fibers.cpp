// SPDX-License-Identifier: BSL-1.0
/// The fibers that a scheduler lends to processes: how they are made, kept and given back.
#include "scheduler/scheduler.hpp"

#include "scheduler/scheduler_group.hpp"

#include <boost/fiber/context.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

namespace fiberscope::detail {

namespace {

/// Idle fibers that a scheduler keeps with their stacks; more are ended.
constexpr std::size_t most_idle_fibers = 1024;

/// Fibers of the usual size that are there from the start. While others can be made they are not needed. Else servers that
/// have begun go on running on them, but for the last, which is for processes that have to end.
constexpr std::size_t most_kept_fibers = 4;

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

void PooledFiber::run() {
    frames_end_ = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    Scheduler* here = Scheduler::current();
    here->switch_ended();
    do
        here = &Scheduler::run_on(*this, std::exchange(assigned_, nullptr));
    while (here->park_idle(*this));
}

// -- from the start to the end ----

void Scheduler::keep_fibers() {
    while (idle_fibers_[usual_class()].size() < most_kept_fibers) {
        PooledFiber* fiber = make_fiber(usual_class());
        if (fiber == nullptr)
            throw std::system_error{ENOMEM, std::generic_category(), "no memory for the stacks of a scheduler"};
        idle_fibers_[usual_class()].push_back(fiber);
    }
}

std::size_t Scheduler::usual_class() const noexcept {
    return StackPool::class_of(group_.settings().usual_stack_bytes);
}

/// How many are not lent to those who may keep them.
std::size_t Scheduler::kept_fibers(std::size_t stack_class) const noexcept {
    return stack_class == usual_class() ? most_kept_fibers : 0;
}

/// Lets every idle fiber run to its end, so that Boost can free them.
void Scheduler::end_fibers() noexcept {
    phase_ = Phase::ending_fibers;
    for (auto& fibers : idle_fibers_)
        while (!fibers.empty()) {
            ending_fiber_ = fibers.back();
            fibers.pop_back();
            main_context_->suspend();
            switch_ended();
        }
    phase_ = Phase::ended;
}

// -- whom a process gets ----

/// nullptr: there is no fiber for it.
boost::fibers::context* Scheduler::context_for(Schedulable& process) noexcept {
    if (PooledFiber* own = process.fiber.load(std::memory_order_relaxed)) {
        if (own->scheduler() != this) [[unlikely]]
            receive(*own);
        switch_begins(own);
        return own->context();
    }
    PooledFiber* fiber = fiber_for(process);
    if (fiber == nullptr)
        return nullptr;
    busy_fibers_.fetch_add(1, std::memory_order_relaxed);
    fiber->assign(&process);
    switch_begins(fiber);
    return fiber->context();
}

/// An idle fiber, or a new one. Where none can be made, those that are kept serve servers that have begun; any other process
/// has to end, and gets one for that. nullptr: it has to wait until one is idle.
PooledFiber* Scheduler::fiber_for(Schedulable& process) noexcept {
    const std::size_t stack_class = StackPool::class_of(process.stack_bytes);
    auto& idle = idle_fibers_[stack_class];
    if (idle.size() > kept_fibers(stack_class)) {
        PooledFiber* fiber = idle.back();
        idle.pop_back();
        return fiber;
    }
    if (PooledFiber* made = make_fiber(stack_class))
        return made;
    if (!process.is_new && idle.size() > 1)
        return take_idle(stack_class);
    PooledFiber* any = take_idle(usual_class());
    for (std::size_t other = 0; any == nullptr && other < idle_fibers_.size(); ++other)
        any = take_idle(other);
    if (any != nullptr)
        process.end_without_stack();
    return any;
}

/// Not the one that suspends just now.
PooledFiber* Scheduler::take_idle(std::size_t stack_class) noexcept {
    auto& idle = idle_fibers_[stack_class];
    const auto found = std::find_if(idle.begin(), idle.end(), [active = boost::fibers::context::active()](PooledFiber* fiber) {
        return fiber->context() != active;
    });
    if (found == idle.end())
        return nullptr;
    PooledFiber* fiber = *found;
    idle.erase(found);
    return fiber;
}

PooledFiber* Scheduler::make_fiber(std::size_t stack_class) noexcept {
    const std::optional<Stack> stack = group_.stacks().allocate(StackPool::class_bytes(stack_class));
    if (!stack)
        return nullptr;
    try {
        idle_fibers_[stack_class].reserve(most_idle_fibers); // for `park_idle`
        auto owned = std::make_unique<PooledFiber>(stack_class);
        PooledFiber& fiber = *owned;
        fiber.set_stack(*stack);
        // not through boost::fibers::fiber, which queues it
        const auto context = boost::fibers::make_worker_context_with_properties(boost::fibers::launch::post, nullptr,
                                                                                PoolStack{&group_.stacks(), *stack},
                                                                                [owned = std::move(owned)] { owned->run(); });
        fiber.set_context(context.get());
        receive(fiber);
        return &fiber;
    } catch (const std::bad_alloc&) { // of the first two lines: Boost's own things lie on the stack
        group_.stacks().release(*stack);
        return nullptr;
    }
}

/// Boost lists the workers of a thread. Ours may go elsewhere, so that list holds none of them.
void Scheduler::receive(PooledFiber& fiber) noexcept {
    boost::fibers::context* context = fiber.context();
    if (fiber.scheduler() != nullptr)
        context->detach();
    main_context_->attach(context);
    context->worker_unlink();
    fiber.set_scheduler(*this);
}

// -- what becomes of one that has nothing to do ----

bool Scheduler::park_idle(PooledFiber& fiber) noexcept {
    if (phase_ != Phase::running)
        return false;
    busy_fibers_.fetch_sub(1, std::memory_order_relaxed);
    auto& idle = idle_fibers_[fiber.stack_class()];
    if (idle.size() < most_idle_fibers) {
        idle.push_back(&fiber); // reserved by make_fiber: does not allocate
        fiber.set_used(true);
        requeue_those_without_fiber();
        if (++parked_fibers_ >= most_idle_fibers)
            trim_idle_fibers(); // one that never sleeps does it at work
    } else
        lost_fiber_ = &fiber; // Boost would keep its stack until this scheduler has nothing to do
    chosen_ = false;
    switch_to(next_);
    switch_ended();
    return phase_ == Phase::running;
}

} // namespace fiberscope::detail
