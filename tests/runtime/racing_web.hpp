// SPDX-License-Identifier: BSL-1.0
/// A web whose processes do random things at the same time, and what must hold afterwards, whatever the order was.
#pragma once

#include "racing_agent.hpp"
#include "web_reading.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fiberscope::test::webs {

class RacingWeb {
public:
    RacingWeb(Node& node, ExternalProcess& me, Obituary& obituary, std::uint64_t seed)
        : node_{node}, me_{me}, obituary_{obituary}, dice_{seed} {
        for (int left = 4 + dice_.below(20); left > 0; --left) {
            Journal& journal = journals_.emplace_back();
            const auto own_seed = seed * 1000 + journals_.size();
            pids_.push_back(me_->spawn([&journal, own_seed](Process& self) { RacingAgent{self, journal, own_seed}.run(); }));
        }
    }

    /// What does not hold, a line each; empty: all does.
    std::string run() {
        for (const Pid pid : pids_)
            me_->send(pid, Peers{pids_});
        if (!node_.wait_until_quiet(60s))
            return "not quiet after 60 s";
        obituary_.read();
        look();
        for (std::size_t i = 0; i < pids_.size(); ++i) {
            for (const std::string& problem : journals_[i].problems)
                complain(i, problem);
            if (now_.contains(pids_[i]))
                check_living(i);
            else
                check(i, is_explained(i), "ended with " + end_of(i) + ", which nobody sent it");
        }
        check_names();
        finish();
        return problems_;
    }

private:
    void complain(std::size_t i, const std::string& problem) {
        problems_ += "p" + std::to_string(i) + " " + fiberscope::to_string(pids_[i]) + ": " + problem + "\n";
    }
    void check(std::size_t i, bool holds, const std::string& problem) {
        if (!holds)
            complain(i, problem);
    }

    void look() {
        std::vector<Pid> living;
        for (std::size_t i = 0; i < pids_.size(); ++i) {
            if (node_.is_alive(pids_[i]))
                living.push_back(pids_[i]);
            check(i, node_.is_alive(pids_[i]) == end_of(i).empty(), "lives and has an end, or has none and is dead");
        }
        for (Inspection& inspection : inspect(node_, living, Inspect::links | Inspect::messages))
            now_[inspection.pid] = std::move(inspection);
        if (now_.size() != living.size())
            problems_ += "an inspection is missing\n";
    }
    std::string end_of(std::size_t i) const { return obituary_.of(pids_[i]); }
    const Journal* journal_of(Pid pid) const {
        const auto found = std::find(pids_.begin(), pids_.end(), pid);
        return found == pids_.end() ? nullptr : &journals_[static_cast<std::size_t>(found - pids_.begin())];
    }
    static bool may_be_linked(const Journal& journal, Pid peer) {
        const auto found = journal.last_tie.find(peer);
        return found != journal.last_tie.end() && found->second == Journal::Tie::made;
    }

    // -- the dead ----

    /// The reason is its own, came by exit/2, or from a process that was linked to it: not from one it had cut.
    bool is_explained(std::size_t i) const {
        const Journal& own = journals_[i];
        const std::string reason = end_of(i);
        if (reason == own.own_end || is_of_child(own, reason))
            return true;
        for (std::size_t j = 0; j < pids_.size(); ++j) {
            const Journal& other = journals_[j];
            if (other.exits_sent.contains({pids_[i], reason}))
                return true;
            if (j == i || end_of(j).empty())
                continue;
            const bool linked = may_be_linked(own, pids_[j]) || may_be_linked(other, pids_[i]);
            if (linked && reason != "normal" && (end_of(j) == reason || reason == "noproc"))
                return true;
        }
        return false;
    }
    static bool is_of_child(const Journal& journal, const std::string& reason) {
        return std::any_of(journal.linked_children.begin(), journal.linked_children.end(),
                           [&reason](const auto& child) { return child.second == reason; });
    }

    // -- the living ----

    void check_living(std::size_t i) {
        const Inspection& inspection = now_.at(pids_[i]);
        check(i, inspection.message_count == 0, "did not take its messages: " + std::to_string(inspection.message_count));
        for (const Pid peer : inspection.links)
            check(i, now_.contains(peer) && contains(now_.at(peer).links, pids_[i]), "a link has one end only");
        check(i, std::set<Pid>(inspection.links.begin(), inspection.links.end()).size() == inspection.links.size(),
              "two links to one process");
        check_watches(i, inspection);
        check_watched_by(i, inspection);
        for (const Journal::TrappedExit& exit : journals_[i].exits)
            check(i, is_explained(i, exit),
                  "got an Exit " + exit.reason + " of " + fiberscope::to_string(exit.from) + " that nobody sent");
        check_children(i);
        check_notes(i);
    }
    static bool contains(const std::vector<Pid>& pids, Pid pid) { return std::find(pids.begin(), pids.end(), pid) != pids.end(); }

    void check_watches(std::size_t i, const Inspection& inspection) {
        std::map<Ref, MonitorInfo> shown;
        for (const MonitorInfo& monitor : inspection.monitors)
            shown.emplace(monitor.ref, monitor);
        for (const auto& [ref, watch] : journals_[i].watches) {
            const auto now = shown.find(ref);
            const bool on_itself = watch.target == pids_[i];
            const bool is_shown = now != shown.end();
            check(i, !is_shown || now_.contains(now->second.pid), "a monitor of a dead process is left");
            const bool by_name = !watch.target;
            const bool lives = by_name ? is_shown || watch.downs == 0 : node_.is_alive(watch.target);
            switch (watch.state) {
            case Journal::Watch::State::active:
                check(i, watch.downs == (lives ? 0 : 1), "of an active monitor came Downs: " + std::to_string(watch.downs));
                check(i, is_shown == (lives && !on_itself) || (by_name && !is_shown), "an active monitor is not shown");
                check(i, watch.downs == 0 || is_right_reason(i, watch), "a Down with a wrong reason " + watch.reason);
                break;
            case Journal::Watch::State::stopped: check(i, watch.downs == 0 && !is_shown, "a stopped monitor goes on"); break;
            case Journal::Watch::State::fired:
                check(i, !is_shown && (watch.downs == 1 || on_itself || watch.flushed || by_name), "no Down of a fired monitor");
                break;
            }
        }
    }
    bool is_right_reason(std::size_t i, const Journal::Watch& watch) const {
        const auto child = journals_[i].watched_children.find(watch.of);
        if (child != journals_[i].watched_children.end())
            return watch.reason == child->second; // P03: never noproc
        return watch.reason == "noproc" || watch.reason == obituary_.of(watch.of);
    }
    /// Those who monitor it are the same as those it is monitored by.
    void check_watched_by(std::size_t i, const Inspection& inspection) {
        std::multiset<Pid> watchers;
        for (const auto& [pid, other] : now_)
            for (const MonitorInfo& monitor : other.monitors)
                if (monitor.pid == pids_[i])
                    watchers.insert(pid);
        check(i, watchers == std::multiset<Pid>(inspection.monitored_by.begin(), inspection.monitored_by.end()),
              "is monitored by others than those who monitor it");
    }

    bool is_explained(std::size_t i, const Journal::TrappedExit& exit) const {
        const Journal* other = journal_of(exit.from);
        if (other == nullptr)
            return journals_[i].linked_children.contains(exit.from); // its reason: check_children
        if (other->exits_sent.contains({pids_[i], exit.reason}))
            return true;
        const bool own_tie = journals_[i].ever_tied.contains(exit.from) && !exit.after_cut;
        const bool tied = own_tie || other->ever_tied.contains(pids_[i]);
        return tied && (exit.reason == "noproc" || exit.reason == obituary_.of(exit.from));
    }
    void check_children(std::size_t i) {
        std::map<Pid, std::vector<std::string>> heard;
        for (const Journal::TrappedExit& exit : journals_[i].exits)
            if (journal_of(exit.from) == nullptr)
                heard[exit.from].push_back(exit.reason);
        for (const auto& [child, reason] : journals_[i].linked_children)
            check(i, heard[child] == std::vector<std::string>{reason}, "a linked child was not heard of once, with its reason");
    }
    void check_notes(std::size_t i) {
        for (std::size_t j = 0; j < pids_.size(); ++j) {
            const auto sent = journals_[j].sent.find(pids_[i]);
            const auto received = journals_[i].received.find(pids_[j]);
            check(i,
                  (sent == journals_[j].sent.end() ? 0 : sent->second) ==
                      (received == journals_[i].received.end() ? 0 : received->second),
                  "did not get all notes of p" + std::to_string(j));
        }
    }

    void check_names() {
        std::set<Pid> named;
        for (const auto& [name, pid] : node_.registered())
            if (contains(pids_, pid) && (!node_.is_alive(pid) || !named.insert(pid).second))
                problems_ += std::string{name.name()} + " is of a dead process, or its second name\n";
    }

    void finish() {
        for (const Pid pid : pids_)
            me_->send(pid, Finish{});
        const bool quiet = node_.wait_until_quiet(30s);
        obituary_.read();
        for (std::size_t i = 0; i < pids_.size(); ++i)
            check(i, quiet && !node_.is_alive(pids_[i]) && (!now_.contains(pids_[i]) || end_of(i) == "normal"), "did not finish");
        if (!obituary_.is_complete())
            problems_ += "a process ended twice, or events were lost\n";
        obituary_.forget();
    }

    Node& node_;
    ExternalProcess& me_;
    Obituary& obituary_;
    Dice dice_;
    std::deque<Journal> journals_; ///< their addresses stay
    std::vector<Pid> pids_;
    std::map<Pid, Inspection> now_; ///< of the living
    std::string problems_;
};

} // namespace fiberscope::test::webs
