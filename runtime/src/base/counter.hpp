// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>

namespace fiberscope::detail {

/// A number that one thread writes and any thread reads: no locked instruction on either side.
/// **Thread:** add, set: its one writer. get: any thread.
template <class T>
class Counter {
public:
    constexpr Counter() noexcept = default;
    constexpr explicit Counter(T value) noexcept : value_{value} {}

    void add(T amount = 1) noexcept { value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed); }
    void set(T value) noexcept { value_.store(value, std::memory_order_relaxed); }
    T get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<T> value_{};
};

/// Lets others see `value` in a counter while it lives; then its zero again.
/// **Thread:** the counter's one writer.
template <class T>
class ShownWhile {
public:
    ShownWhile(Counter<T>& counter, T value) noexcept : counter_{counter} { counter_.set(value); }
    ~ShownWhile() { counter_.set(T{}); }
    ShownWhile(const ShownWhile&) = delete;
    ShownWhile& operator=(const ShownWhile&) = delete;

private:
    Counter<T>& counter_;
};

using Counter64 = Counter<std::uint64_t>;
using Counter32 = Counter<std::uint32_t>;

} // namespace fiberscope::detail
