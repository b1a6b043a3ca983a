// SPDX-License-Identifier: BSL-1.0
/// The fibers that a scheduler lends to processes: how they are made, kept and given back.
#include "scheduler/scheduler.hpp"

#include "scheduler/scheduler_group.hpp"

#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>

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

/// Boost's way to a stack of ours.
struct PoolStack {
    using traits_type = boost::context::stack_traits;
    StackPool* pool;
    Stack stack;

    boost::context::stack_context allocate() const noexcept {
        boost::context::stack_context context;
        context.size = stack.bytes;
        context.sp = stack.top;
        return context;
    }
    void deallocate(boost::context::stack_context& /*context*/) const noexcept { pool->release(stack); }
};

} // namespace

void PooledFiber::run() {
    frames_end_ = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    scheduler_.switch_ended();
    do
        scheduler_.run_on(*this, std::exchange(assigned_, nullptr));
    while (scheduler_.park_idle(*this));
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
        switch_begins(own);
        return own->context();
    }
    PooledFiber* fiber = fiber_for(process);
    if (fiber == nullptr)
        return nullptr;
    busy_fibers_.add(1);
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
        auto owned = std::make_unique<PooledFiber>(*this, stack_class);
        PooledFiber& fiber = *owned;
        fiber.set_stack(*stack);
        being_made_ = &fiber;
        boost::fibers::fiber{boost::fibers::launch::post, std::allocator_arg, PoolStack{&group_.stacks(), *stack},
                             [owned = std::move(owned)] { owned->run(); }}
            .detach();
        return &fiber;
    } catch (const std::bad_alloc&) { // of the first two lines: Boost's own things lie on the stack
        group_.stacks().release(*stack);
        return nullptr;
    }
}

// -- what becomes of one that has nothing to do ----

bool Scheduler::park_idle(PooledFiber& fiber) noexcept {
    if (phase_ != Phase::running)
        return false;
    busy_fibers_.set(busy_fibers_.get() - 1);
    auto& idle = idle_fibers_[fiber.stack_class()];
    if (idle.size() < most_idle_fibers) {
        idle.push_back(&fiber); // reserved by make_fiber: does not allocate
        fiber.set_used(true);
        requeue_those_without_fiber();
        if (++parked_fibers_ >= most_idle_fibers)
            trim_idle_fibers(); // one that never sleeps does it at work
    } else
        lost_fiber_ = &fiber; // Boost would keep its stack until this scheduler has nothing to do
    fiber.context()->suspend();
    switch_ended();
    return phase_ == Phase::running;
}

} // namespace fiberscope::detail
