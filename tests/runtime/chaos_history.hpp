// SPDX-License-Identifier: BSL-1.0
/// The events of a Node, read without a gap, and what must be true of each.
#pragma once

#include "process_fixture.hpp"

#include <string>
#include <unordered_map>
#include <unordered_set>

namespace fiberscope::test::chaos {

class History {
public:
    explicit History(const Node& node) : node_{node} {}

    void read() {
        const EventBatch batch = node_.events_after(seq_);
        seq_ = batch.next_seq;
        lost += batch.lost;
        for (const Event& event : batch.events)
            if (event.kind == EventKind::exit)
                add_exit(event);
            else if (event.kind == EventKind::restart)
                add_restart(event);
            else if (event.kind == EventKind::gave_up) {
                ++gave_up;
                going_.insert(event.supervisor);
            }
    }
    /// From here on it counts.
    void begin() {
        read();
        exits = crashes = restarts = gave_up = lost = 0;
    }
    /// Supervisors that gave up and have not ended.
    std::size_t still_going() const noexcept { return going_.size(); }

    std::uint64_t exits = 0;
    std::uint64_t crashes = 0;
    std::uint64_t restarts = 0;
    std::uint64_t gave_up = 0;
    std::uint64_t lost = 0;
    std::string problems; ///< the first few

private:
    void expect(bool holds, const Event& event, const char* problem) {
        if (!holds && problems.size() < 2000)
            problems += std::string{problem} + ": " + to_string(event.pid) + " " + to_string(event.reason) + "\n";
    }

    void add_exit(const Event& event) {
        ++exits;
        const Term& reason = event.reason.term();
        crashes += event.reason.is_clean() || reason.is_atom("killed") ? 0 : 1;
        if (reason.is_tagged("chaos"))
            expect(reason.elements()[1].as_pid() == event.pid, event, "ended with the reason that was sent to another");
        else
            expect(event.reason.is_clean() || reason.is_atom("killed"), event, "ended with a reason that nobody sent");
        expect(reasons_.emplace(event.pid, reason).second, event, "ended twice");
        if (going_.erase(event.pid) == 1)
            expect(reason.is_atom("shutdown") || reason.is_atom("killed"), event, "gave up and ended otherwise");
    }
    void add_restart(const Event& event) {
        ++restarts;
        const auto ended = reasons_.find(event.old_pid);
        expect(ended != reasons_.end(), event, "restarted what had not ended");
        if (ended == reasons_.end())
            return;
        expect(ended->second == event.reason.term(), event, "restarted for another reason than it ended with");
        reasons_.erase(ended);
    }

    const Node& node_;
    std::uint64_t seq_ = 0;
    std::unordered_map<Pid, Term> reasons_; ///< of those that ended and were not restarted
    std::unordered_set<Pid> going_;
};

} // namespace fiberscope::test::chaos
