// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/term.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace fiberscope::detail {

/// How a process comes to its end: how far it has got, why it ends, where that began, and how long that may take.
/// **Thread:** the process's own.
class Ending {
public:
    /// Only ever goes on; no stage has to be passed through.
    enum class Stage : std::uint8_t {
        alive,     ///< nothing ends it
        ordered,   ///< an exit signal has: its next safe point throws ProcessExit
        unwinding, ///< that was thrown, its code may catch it and meets it again
        finishing, ///< its code has come to its end, destructors may still run
        announced, ///< others have heard of it, and nobody can reach it
    };
    Stage stage() const noexcept { return stage_; }

    /// Why it was ordered to end. While it finishes an order may still come: then it says how its destructors end.
    const std::optional<ExitReason>& order() const noexcept { return order_; }
    void set_order(ExitReason reason) {
        order_ = std::move(reason);
        reach(Stage::ordered);
    }
    /// True: this is the first time.
    bool begin_unwinding() noexcept { return reach(Stage::unwinding); }
    void begin_finishing() noexcept { reach(Stage::finishing); }
    /// True: this is the first time.
    bool announce() noexcept {
        if (stage_ < Stage::finishing)
            return !std::exchange(is_announced_early_, true);
        return reach(Stage::announced) && !is_announced_early_;
    }
    bool is_announced() const noexcept { return is_announced_early_ || stage_ == Stage::announced; }
    /// Destructors run because it ends: nothing is thrown at them, nothing is waited for. Once its end is announced it is
    /// treated as one that was killed.
    bool unwinds() const noexcept;

    // -- why, and how ----

    const ExitReason& reason() const noexcept { return reason_; }
    void set_reason(ExitReason reason) { reason_ = std::move(reason); }
    /// The end is a crash: an uncaught exception, or a server that stopped for no clean reason. It is reported.
    void set_crashed() noexcept {
        if (crash_ == Crash::none)
            crash_ = Crash::to_report;
    }
    /// There is a crash that has not been reported; it is from now on.
    bool take_crash() noexcept {
        if (crash_ != Crash::to_report)
            return false;
        crash_ = Crash::reported;
        return true;
    }
    /// It was given up in the middle of its code: no destructor of its frames runs.
    void set_abandoned() noexcept { is_abandoned_ = true; }
    bool is_abandoned() const noexcept { return is_abandoned_; }
    /// Where it began; nullptr: not known, or a normal end.
    const RawStack* stack() const noexcept { return stack_.get(); }
    void set_stack(RawStack stack) { stack_ = std::make_unique<RawStack>(std::move(stack)); }

    // -- how long it may take, in time of its own on a processor ----

    /// One whose thread was kept waiting is not given up for that.
    void give_time(std::int64_t ns) noexcept {
        time_left_ns_ = ns;
        counted_up_to_ns_ = not_counted; // a system call: only once somebody has to urge it
    }
    /// Others have used the thread meanwhile.
    void slice_begins() noexcept;
    /// **Pre-condition:** it has an order; its slice began at `slice_began_ns`.
    bool is_time_up(std::int64_t slice_began_ns) noexcept;

private:
    /// True: it was not there before.
    bool reach(Stage stage) noexcept {
        if (stage_ >= stage)
            return false;
        stage_ = stage;
        return true;
    }
    enum class Crash : std::uint8_t { none, to_report, reported };
    static constexpr std::int64_t not_counted = -1;

    std::optional<ExitReason> order_;
    ExitReason reason_;
    std::unique_ptr<RawStack> stack_;
    std::int64_t time_left_ns_ = 0;
    std::int64_t counted_up_to_ns_ = 0; ///< of its thread's time
    Stage stage_ = Stage::alive;
    Crash crash_ = Crash::none;
    bool is_abandoned_ = false;
    bool is_announced_early_ = false; ///< in the middle of a blocking call, which cannot be stopped (rule X18)
};

} // namespace fiberscope::detail
