// SPDX-License-Identifier: BSL-1.0
/// What the test reads of a web of real processes.
#pragma once

#include "process_fixture.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace fiberscope::test::webs {

/// The ends of all processes of a Node, read from its events.
class Obituary {
public:
    explicit Obituary(const Node& node) : node_{node} {}

    /// The reason with which a process ended; empty if it lives.
    std::string of(Pid pid) const {
        const auto found = reasons_.find(pid);
        return found == reasons_.end() ? std::string{} : found->second;
    }
    void read() {
        EventBatch batch = node_.events_after(seq_);
        seq_ = batch.next_seq;
        lost_ += batch.lost;
        for (const Event& event : batch.events)
            if (event.kind == EventKind::exit && !reasons_.emplace(event.pid, fiberscope::to_string(event.reason)).second)
                twice_ = true;
    }
    void forget() { reasons_.clear(); }
    bool is_complete() const noexcept { return lost_ == 0 && !twice_; }

private:
    const Node& node_;
    std::uint64_t seq_ = 0;
    std::uint64_t lost_ = 0;
    bool twice_ = false; ///< a process ended twice
    std::unordered_map<Pid, std::string> reasons_;
};

/// Asks processes about themselves and waits for the answers.
inline std::vector<Inspection> inspect(Node& node, const std::vector<Pid>& pids, Inspect what) {
    auto answer = std::make_shared<std::promise<std::vector<Inspection>>>();
    auto future = answer->get_future();
    node.inspect(pids, what, {}, [answer](std::vector<Inspection> found) { answer->set_value(std::move(found)); });
    return future.wait_for(20s) == std::future_status::ready ? future.get() : std::vector<Inspection>{};
}

/// Brings messages whose order is not promised into one: those of one sender stay in their order (O01), except that
/// what its end caused may lie in any (O04).
inline void canonicalise(std::vector<MessageText>::iterator begin, std::vector<MessageText>::iterator end) {
    std::stable_sort(begin, end, [](const MessageText& left, const MessageText& right) { return left.from < right.from; });
    while (begin != end) {
        const auto next = std::find_if(begin, end, [&begin](const MessageText& message) { return message.from != begin->from; });
        auto tail = next;
        while (tail != begin && std::prev(tail)->type != "Note")
            --tail;
        std::sort(tail, next, [](const MessageText& left, const MessageText& right) { return left.text < right.text; });
        begin = next;
    }
}

} // namespace fiberscope::test::webs
