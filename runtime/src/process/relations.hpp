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
/// changes it, but for the last ones. Most processes have few or none: the tables are made when first needed.
/// **Thread:** the process's own; before its first queueing whoever spawns it.
class Relations {
public:
    explicit Relations(Shown& shown) noexcept : shown_{shown} {}

    // -- links ----

    /// To be changed. **Errors:** std::bad_alloc.
    LinkTable& links() { return tables().links; }
    void links_changed() noexcept {
        if (tables_ != nullptr)
            shown_.links.set(static_cast<std::uint32_t>(tables_->links.size()));
    }
    bool is_linked(Pid peer) const noexcept { return tables_ != nullptr && tables_->links.is_linked(peer); }
    /// At most so many of those that it is linked to.
    std::vector<Pid> linked(std::size_t most) const {
        return tables_ != nullptr ? tables_->links.peers(0, most) : std::vector<Pid>{};
    }

    // -- monitors ----

    /// It monitors `target`; `name`: by which the monitor was made. **Errors:** std::bad_alloc: nothing has changed.
    void monitor(Ref ref, Pid target, Atom name);
    /// Whom it monitored; nothing: there was no such monitor.
    std::optional<Pid> demonitor(Ref ref) noexcept;
    /// Who is monitored as `ref` is known now.
    void monitor_is_of(Ref ref, Pid target) noexcept;
    /// Whom it monitors has ended, or is not there: completes `down`. False: it was demonitored meanwhile.
    bool on_down(Ref ref, Down& down);
    void monitored_by(Ref ref, Pid watcher) { tables().monitored_by.add(ref, watcher); }
    void no_longer_monitored(Ref ref) noexcept {
        if (tables_ != nullptr)
            tables_->monitored_by.erase(ref);
    }

    // -- what it has asked: see PendingReply ----

    /// An answer to `ref` is kept when it comes. **Errors:** std::bad_alloc: nothing has changed.
    void expect_answer(Ref ref) { tables().answers.add(ref, nullptr); }
    bool expects_answer(Ref ref) noexcept { return place_of_answer(ref) != nullptr; }
    /// Takes the first answer; what comes to anything else, or later, stays with the caller: a late reply never shows (rule G01).
    bool keep_answer(std::unique_ptr<MessageSignal>& answer) noexcept;
    bool has_answer(Ref ref) noexcept;
    /// No other is kept from now on. nullptr: none has come.
    std::unique_ptr<MessageSignal> end_expectation(Ref ref) noexcept;
    /// Hands out what nobody has fetched.
    template <class Take>
    void take_answers(Take take) {
        if (tables_ == nullptr)
            return;
        for (auto& [ref, answer] : tables_->answers.take())
            if (answer != nullptr)
                take(std::move(answer));
    }

    // -- the end ----

    bool empty() const noexcept {
        return tables_ == nullptr || (tables_->links.empty() && tables_->monitors.empty() && tables_->monitored_by.empty());
    }
    /// Tells links and monitors that `self` has ended with `reason`, and whom it monitors that nobody waits for their end.
    void tell_the_end(ProcessSystem& system, Pid self, const ExitReason& reason, std::int64_t ended_ns);

    void inspect(PageRange range, Inspection& result) const;

private:
    struct MonitorMade {
        Pid target;
        Atom name;
    };
    struct Tables {
        LinkTable links;
        SmallMap<Ref, MonitorMade> monitors;
        SmallMap<Ref, Pid> monitored_by;
        SmallMap<Ref, std::unique_ptr<MessageSignal>> answers; ///< nullptr: has not come
    };
    Tables& tables() {
        if (tables_ == nullptr)
            tables_ = std::make_unique<Tables>();
        return *tables_;
    }
    MonitorMade* find_monitor(Ref ref) noexcept { return tables_ != nullptr ? tables_->monitors.find(ref) : nullptr; }
    std::unique_ptr<MessageSignal>* place_of_answer(Ref ref) noexcept {
        return tables_ != nullptr ? tables_->answers.find(ref) : nullptr;
    }
    void monitors_changed() noexcept { shown_.monitors.set(static_cast<std::uint32_t>(tables_->monitors.size())); }

    Shown& shown_;
    std::unique_ptr<Tables> tables_; ///< nullptr: all are empty
};

} // namespace fiberscope::detail
