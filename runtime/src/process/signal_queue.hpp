// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/message.hpp>

#include <atomic>
#include <memory>

namespace fiberscope::detail {

/// The signals that have come to a process and that it has not taken yet.
///
/// Two ways in, so that neighbours need no locked instruction. From elsewhere: a chain, newest first, by compare and
/// exchange. From the scheduler that owns the process: a list, oldest first, under that scheduler's lock, which the owner
/// holds anyway to make the process runnable.
/// Order: each sender's signals stay in order. One that has pushed from elsewhere and pushes from here next finds its
/// earlier ones taken over first; the list is always older than the chain.
/// Closed: nobody lives here. Both ways refuse then, and the sender keeps its signal.
class SignalQueue {
public:
    SignalQueue() noexcept = default;
    SignalQueue(const SignalQueue&) = delete;
    SignalQueue& operator=(const SignalQueue&) = delete;
    ~SignalQueue();

    enum class Pushed : std::uint8_t {
        closed, ///< the process has ended
        first,  ///< nobody has told its owner yet
        behind, ///< another was there, whose sender does
    };
    /// **Thread:** any.
    Pushed push(Signal& signal) noexcept;
    /// **Thread:** any, under the lock of its owner's run queue. False: closed.
    bool push_here(Signal& signal) noexcept {
        if (chain_.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
            if (is_closed())
                return false;
            take_over_chain(nullptr);
        }
        signal.next = nullptr;
        (last_ != nullptr ? last_->next : first_) = &signal;
        last_ = &signal;
        return true;
    }

    // -- the process ----

    void open() noexcept { chain_.store(nullptr, std::memory_order_release); }
    /// A quick look: false means that nothing has come.
    bool may_have_some() const noexcept { return first_ != nullptr || chain_.load(std::memory_order_acquire) != nullptr; }
    bool is_empty() const noexcept {
        if (first_ != nullptr)
            return false;
        const Signal* newest = chain_.load(std::memory_order_acquire);
        return newest == nullptr || newest == &closed;
    }
    /// All signals, oldest first, linked by `next`.
    std::unique_ptr<Signal> take_all() noexcept;
    /// The same, and none can come any more.
    std::unique_ptr<Signal> close() noexcept;
    /// Of those that are there now, some is such. **Thread:** the process's; its own code may be interrupted anywhere.
    template <class Predicate>
    bool has_any(Predicate is_such) const noexcept {
        for (const Signal* at :
             {static_cast<const Signal*>(first_), static_cast<const Signal*>(chain_.load(std::memory_order_acquire))})
            for (; at != nullptr && at != &closed; at = at->next)
                if (is_such(*at))
                    return true;
        return false;
    }

private:
    bool is_closed() const noexcept { return chain_.load(std::memory_order_relaxed) == &closed; }
    void take_over_chain(Signal* in_its_place) noexcept;
    std::unique_ptr<Signal> take_list() noexcept;

    static Signal closed; ///< stands in the chain where none can come

    Signal* first_ = nullptr;
    Signal* last_ = nullptr;
    std::atomic<Signal*> chain_{&closed};
};

} // namespace fiberscope::detail
