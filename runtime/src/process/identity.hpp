// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/pid.hpp>

#include <atomic>
#include <cstdint>

namespace fiberscope::detail {

/// Who lives in a slot of the process table: free -> live -> exiting -> free with the next serial.
/// **Thread:** what is const: any. Changes: whoever spawns, then the process.
class Identity {
public:
    Identity(std::uint32_t node, std::uint32_t slot) noexcept : slot_{slot}, pid_base_{Pid{node, slot, 0}.bits()} {}

    std::uint32_t slot() const noexcept { return slot_; }
    std::uint32_t serial() const noexcept {
        return static_cast<std::uint32_t>(word_.load(std::memory_order_relaxed) >> serial_shift);
    }
    Pid pid() const noexcept { return Pid::from_bits(pid_base_ | serial()); }
    /// True if `serial` is that of the process that lives here now.
    bool is_live(std::uint32_t serial) const noexcept {
        return word_.load(std::memory_order_acquire) == (std::uint64_t{serial} << serial_shift | live_bit);
    }
    bool is_exiting() const noexcept { return (word_.load(std::memory_order_relaxed) & exiting_bit) != 0; }
    /// Live or exiting.
    bool is_used() const noexcept { return (word_.load(std::memory_order_acquire) & (live_bit | exiting_bit)) != 0; }

    void begin() noexcept { word_.store(word_.load(std::memory_order_relaxed) | live_bit, std::memory_order_release); }
    /// Nobody finds it any more. What the caller reads afterwards was written before somebody found it last.
    void exits() noexcept {
        word_.store((word_.load(std::memory_order_relaxed) & ~live_bit) | exiting_bit, std::memory_order_seq_cst);
    }
    void free() noexcept {
        word_.store(((word_.load(std::memory_order_relaxed) >> serial_shift) + 1) << serial_shift, std::memory_order_release);
    }
    /// It has had as many as there are serials: another would have the pid of an earlier one.
    bool is_used_up() const noexcept { return word_.load(std::memory_order_relaxed) >> (serial_shift + serial_bits) != 0; }
    /// False: it was taken back before it began.
    bool has_begun() const noexcept { return (word_.load(std::memory_order_relaxed) & live_bit) != 0; }

private:
    static constexpr std::uint64_t live_bit = 1;
    static constexpr std::uint64_t exiting_bit = 2;
    static constexpr unsigned serial_shift = 2;
    static constexpr unsigned serial_bits = 32;

    const std::uint32_t slot_;
    const std::uint64_t pid_base_;       ///< bits of its pid but the serial
    std::atomic<std::uint64_t> word_{0}; ///< serial and state; written by whoever spawns, then by the process
};

} // namespace fiberscope::detail
