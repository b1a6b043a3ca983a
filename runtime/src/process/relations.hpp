// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/small_map.hpp"
#include "process/link_table.hpp"
#include "process/shown.hpp"
#include "process/signals.hpp"

#include <memory>
#include <optional>

namespace fiberscope::detail {

class ProcessSystem;

/// Whom a process is connected with: links, monitors both ways, and whom it has asked. Signals about that are sent by who
/// changes it, but for the last ones.
/// **Thread:** the process's own; before its first queueing whoever spawns it.
class Relations {
public:
    explicit Relations(Shown& shown) noexcept : shown_{shown} {}

    // -- links ----

    LinkTable& links() noexcept { return links_; }
    const LinkTable& links() const noexcept { return links_; }
    void links_changed() noexcept { shown_.links.set(static_cast<std::uint32_t>(links_.size())); }

    // -- monitors ----

    /// It monitors `target`; `name`: by which the monitor was made. **Errors:** std::bad_alloc: nothing has changed.
    void monitor(Ref ref, Pid target, Atom name);
    /// Whom it monitored; nothing: there was no such monitor.
    std::optional<Pid> demonitor(Ref ref) noexcept;
    /// Who is monitored as `ref` is known now.
    void monitor_is_of(Ref ref, Pid target) noexcept;
    /// Whom it monitors has ended, or is not there: completes `down`. False: it was demonitored meanwhile.
    bool on_down(Ref ref, Down& down);
    void monitored_by(Ref ref, Pid watcher) { monitored_by_.add(ref, watcher); }
    void no_longer_monitored(Ref ref) noexcept { monitored_by_.erase(ref); }

    // -- what it has asked: see PendingReply ----

    /// An answer to `ref` is kept when it comes. **Errors:** std::bad_alloc: nothing has changed.
    void expect_answer(Ref ref) { answers_.add(ref, nullptr); }
    bool expects_answer(Ref ref) noexcept { return answers_.find(ref) != nullptr; }
    /// Takes the first answer; what comes to anything else, or later, stays with the caller: a late reply never shows (rule G01).
    bool keep_answer(std::unique_ptr<MessageSignal>& answer) noexcept;
    bool has_answer(Ref ref) noexcept;
    /// No other is kept from now on. nullptr: none has come.
    std::unique_ptr<MessageSignal> end_expectation(Ref ref) noexcept;
    /// Hands out what nobody has fetched.
    template <class Take>
    void take_answers(Take take) {
        if (answers_.empty())
            return;
        for (auto& [ref, answer] : answers_.take())
            if (answer != nullptr)
                take(std::move(answer));
    }

    // -- the end ----

    bool empty() const noexcept { return links_.empty() && monitors_.empty() && monitored_by_.empty(); }
    /// Tells links and monitors that `self` has ended with `reason`, and whom it monitors that nobody waits for their end.
    void tell_the_end(ProcessSystem& system, Pid self, const ExitReason& reason, std::int64_t ended_ns);

    void inspect(Inspection& result) const;

private:
    struct MonitorMade {
        Pid target;
        Atom name;
    };
    void monitors_changed() noexcept { shown_.monitors.set(static_cast<std::uint32_t>(monitors_.size())); }

    Shown& shown_;
    LinkTable links_;
    SmallMap<Ref, MonitorMade> monitors_;
    SmallMap<Ref, Pid> monitored_by_;
    SmallMap<Ref, std::unique_ptr<MessageSignal>> answers_; ///< nullptr: has not come
};

} // namespace fiberscope::detail
