// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/config.hpp>

#include <string> // first: Qt's moc (6.4) stumbles over <compare> where it comes before every other header

#include <compare>
#include <cstdint>
#include <functional>

namespace FIBERSCOPE_API fiberscope {

/// Identifies one process of one Node for ever: a stale pid never reaches a newer process.
/// Layout, from the top: node 10 bits, slot 22 bits, serial 32 bits. Prints `<0.SLOT.SERIAL>`.
/// **Thread:** any thread; a plain value.
class Pid {
public:
    constexpr Pid() noexcept = default;
    constexpr Pid(std::uint32_t node, std::uint32_t slot, std::uint32_t serial) noexcept
        : bits_{std::uint64_t{node & 0x3ffU} << 54U | std::uint64_t{slot & 0x3fffffU} << 32U | serial} {}

    static constexpr Pid from_bits(std::uint64_t bits) noexcept {
        Pid pid;
        pid.bits_ = bits;
        return pid;
    }

    constexpr std::uint64_t bits() const noexcept { return bits_; }
    constexpr std::uint32_t node() const noexcept { return static_cast<std::uint32_t>(bits_ >> 54U); }
    constexpr std::uint32_t slot() const noexcept { return static_cast<std::uint32_t>(bits_ >> 32U) & 0x3fffffU; }
    constexpr std::uint32_t serial() const noexcept { return static_cast<std::uint32_t>(bits_); }
    /// False for the default value, which stands for "nobody" (a sender outside of the Node, no parent).
    constexpr explicit operator bool() const noexcept { return bits_ != 0; }
    friend constexpr auto operator<=>(Pid, Pid) noexcept = default;

private:
    std::uint64_t bits_ = 0;
};

/// A value that no other call of the Node makes again: names a monitor, a timer, a request.
/// Prints `#Ref<0.N>`.
class Ref {
public:
    constexpr Ref() noexcept = default;
    constexpr explicit Ref(std::uint64_t bits) noexcept : bits_{bits} {}
    constexpr std::uint64_t bits() const noexcept { return bits_; }
    constexpr explicit operator bool() const noexcept { return bits_ != 0; }
    friend constexpr auto operator<=>(Ref, Ref) noexcept = default;

private:
    std::uint64_t bits_ = 0;
};

/// The reference of a monitor.
struct MonitorRef : Ref {
    using Ref::Ref;
    constexpr explicit MonitorRef(Ref ref) noexcept : Ref{ref} {}
};

/// The reference of a timer: scheduler (8 bits), index (24 bits), serial (32 bits).
struct TimerRef : Ref {
    using Ref::Ref;
    constexpr explicit TimerRef(Ref ref) noexcept : Ref{ref} {}
};

/// The printed form, as Erlang's shell shows a local pid: `<0.90.0>`.
std::string to_string(Pid pid);
std::string to_string(Ref ref);

/// Reads `<0.90.0>`, `0.90.0` or `90`; the default Pid if the text is none of these.
/// The own node prints as 0, so `node` is what the result carries in its place.
Pid parse_pid(std::string_view text, std::uint32_t node);

} // namespace fiberscope

template <>
struct std::hash<fiberscope::Pid> {
    std::size_t operator()(fiberscope::Pid pid) const noexcept {
        return static_cast<std::size_t>((pid.bits() ^ (pid.bits() >> 29U)) * 0x9e3779b97f4a7c15ULL);
    }
};

template <>
struct std::hash<fiberscope::Ref> {
    std::size_t operator()(fiberscope::Ref ref) const noexcept {
        return static_cast<std::size_t>((ref.bits() ^ (ref.bits() >> 29U)) * 0x9e3779b97f4a7c15ULL);
    }
};
