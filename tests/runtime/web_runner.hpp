// SPDX-License-Identifier: BSL-1.0
/// Runs a web of real processes and a model of it side by side and compares the two after each step.
#pragma once

#include "web_agent.hpp"
#include "web_reading.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace fiberscope::test::webs {

class WebRunner {
public:
    WebRunner(Node& node, ExternalProcess& me, Obituary& obituary, std::uint64_t seed)
        : node_{node}, me_{me}, obituary_{obituary}, dice_{seed}, model_{2 + dice_.below(11)}, script_{dice_, model_} {
        for (std::size_t i = 0; i < model_.members.size(); ++i)
            pids_.push_back(me_->spawn([journal = me_->pid()](Process& self) { Agent{self, journal}.run(); }));
    }

    /// Empty if web and model agree to the end, else what differs and the script up to there.
    std::string run() {
        std::string difference;
        for (int left = 10 + dice_.below(30); left > 0 && difference.empty() && somebody_lives(); --left)
            difference = run_step(script_.next());
        const std::string left_over = end_all();
        return difference.empty() ? left_over : difference + "\nscript:\n" + text_;
    }

private:
    bool somebody_lives() const {
        return std::any_of(model_.members.begin(), model_.members.end(), [](const Member& member) { return member.alive; });
    }
    Pid pid_of(int process) const { return process == none ? Pid{} : pids_.at(static_cast<std::size_t>(process)); }
    int index_of(Pid pid) const {
        const auto found = std::find(pids_.begin(), pids_.end(), pid);
        return found == pids_.end() ? none : static_cast<int>(found - pids_.begin());
    }

    std::string run_step(const Step& step) {
        text_ += std::to_string(++model_.step) + "  " + to_string(step) + "\n";
        order(step);
        if (!node_.wait_until_quiet(30s))
            return "not quiet after 30 s";
        std::vector<Outcome> outcomes;
        while (auto outcome = me_->receive_for<Outcome>(0s))
            outcomes.push_back(std::move(*outcome));
        while (const auto born = me_->receive_for<Born>(0s)) {
            pids_.resize(std::max(pids_.size(), static_cast<std::size_t>(born->number) + 1));
            pids_[static_cast<std::size_t>(born->number)] = born->pid;
        }
        obituary_.read();
        const std::string difference = compare_answers(step, outcomes);
        return difference.empty() ? compare_state() : difference;
    }

    void order(const Step& step) {
        Orders orders;
        for (const Op& op : step.ops) {
            const auto ref = refs_.find(op.ref);
            const bool is_spawn = op.act == Act::spawn_link || op.act == Act::spawn_monitor;
            orders.orders.push_back(
                {op, is_spawn ? Pid{} : pid_of(op.target), ref == refs_.end() ? MonitorRef{} : ref->second, name_at(op.name)});
        }
        me_->send(pid_of(step.actor), std::move(orders));
    }

    /// A process that dies in this step may not come to its last answers.
    std::string compare_answers(const Step& step, std::vector<Outcome>& outcomes) {
        for (std::size_t i = 0; i < step.ops.size(); ++i) {
            const Op& op = step.ops[i];
            const std::vector<Item> mailbox = model_.at(step.actor).mailbox;
            if (!model_.at(step.actor).alive)
                return {};
            const std::string expected = model_.apply(step.actor, op);
            if (static_cast<std::size_t>(op.target + 1) > pids_.size())
                return "a spawned process was not born";
            if (i >= outcomes.size())
                continue;
            Outcome& outcome = outcomes[i];
            if (outcome.ref)
                refs_[op.ref] = outcome.ref;
            if (outcome.answer != expected)
                return to_string(op) + " answered " + outcome.answer + ", expected " + expected;
            if (op.act == Act::drain && !same_messages(mailbox, outcome.drained))
                return "drained " + to_text(outcome.drained) + ", expected " + to_text(texts_of(mailbox));
        }
        const bool all_answered = outcomes.size() == step.ops.size();
        return all_answered || !model_.at(step.actor).alive ? std::string{} : "an answer is missing";
    }

    // -- messages ----

    MessageText text_of(const Item& item) const {
        const std::string from = fiberscope::to_string(pid_of(item.from));
        switch (item.kind) {
        case Item::Kind::note: return {"Note", "{" + std::to_string(item.number) + "}", pid_of(item.from)};
        case Item::Kind::exit: return {"Exit", "{" + from + "," + item.reason + "}", pid_of(item.from)};
        case Item::Kind::down: break;
        }
        const auto ref = refs_.find(item.ref);
        const std::string ref_text = fiberscope::to_string(ref == refs_.end() ? MonitorRef{} : ref->second);
        return {"Down", "{" + ref_text + "," + from + "," + item.reason + "," + std::string{name_at(item.name).name()} + "}",
                pid_of(item.from)};
    }
    std::vector<MessageText> texts_of(const std::vector<Item>& mailbox) const {
        std::vector<MessageText> texts;
        for (const Item& item : mailbox)
            texts.push_back(text_of(item));
        return texts;
    }
    /// The messages of each step are compared on their own: between steps everything had arrived.
    bool same_messages(const std::vector<Item>& mailbox, std::vector<MessageText> actual) const {
        std::vector<MessageText> expected = texts_of(mailbox);
        if (actual.size() != expected.size())
            return false;
        for (std::size_t begin = 0, end = 0; begin < mailbox.size(); begin = end) {
            while (end < mailbox.size() && mailbox[end].step == mailbox[begin].step)
                ++end;
            const auto from = static_cast<std::ptrdiff_t>(begin);
            const auto to = static_cast<std::ptrdiff_t>(end);
            canonicalise(expected.begin() + from, expected.begin() + to);
            canonicalise(actual.begin() + from, actual.begin() + to);
        }
        return std::equal(actual.begin(), actual.end(), expected.begin(), [](const MessageText& left, const MessageText& right) {
            return left.type == right.type && left.text == right.text && left.from == right.from;
        });
    }
    static std::string to_text(const std::vector<MessageText>& messages) {
        std::string text;
        for (const MessageText& message : messages)
            text += message.type + message.text + " ";
        return "[" + text + "]";
    }

    // -- state ----

    std::string compare_state() {
        std::vector<int> living;
        std::vector<Pid> pids;
        for (int i = 0; i < static_cast<int>(model_.members.size()); ++i)
            if (const std::string difference = compare_life(i); !difference.empty())
                return difference;
            else if (model_.at(i).alive) {
                living.push_back(i);
                pids.push_back(pid_of(i));
            }
        const std::vector<Inspection> inspections = inspect(node_, pids, Inspect::links | Inspect::messages);
        if (inspections.size() != living.size())
            return "inspection did not answer";
        for (std::size_t i = 0; i < living.size(); ++i)
            if (const std::string difference = compare_member(living[i], inspections[i]); !difference.empty())
                return difference;
        return compare_names();
    }

    std::string compare_life(int process) const {
        const Member& member = model_.at(process);
        const bool alive = node_.is_alive(pid_of(process));
        const std::string end = obituary_.of(pid_of(process));
        if (alive == member.alive && end == member.end)
            return {};
        return "p" + std::to_string(process) + (alive ? " lives" : " ended with " + end) + ", expected " +
               (member.alive ? "that it lives" : member.end);
    }

    std::string compare_member(int process, const Inspection& inspection) const {
        const Member& member = model_.at(process);
        const std::string actual = describe(inspection);
        const std::string expected = describe(member);
        if (actual != expected)
            return "p" + std::to_string(process) + " has " + actual + ", expected " + expected;
        const bool all_shown = inspection.message_count <= 100;
        if (inspection.message_count != member.mailbox.size() ||
            (all_shown && !same_messages(member.mailbox, inspection.messages)))
            return "p" + std::to_string(process) + " has messages " + to_text(inspection.messages) + ", expected " +
                   to_text(texts_of(member.mailbox));
        return {};
    }

    using Words = std::vector<std::string>;
    static std::string join(Words words) {
        std::sort(words.begin(), words.end());
        std::string text;
        for (const std::string& word : words)
            text += (text.empty() ? "" : ",") + word;
        return "[" + text + "]";
    }
    static std::string sets(const Words& links, const Words& monitors, const Words& monitored_by) {
        return "links " + join(links) + " monitors " + join(monitors) + " monitored by " + join(monitored_by);
    }
    std::string describe(const Inspection& inspection) const {
        Words links;
        for (const Pid peer : inspection.links)
            links.push_back(std::to_string(index_of(peer)));
        Words monitors;
        for (const MonitorInfo& monitor : inspection.monitors)
            monitors.push_back(fiberscope::to_string(monitor.ref) + "=" + std::to_string(index_of(monitor.pid)) +
                               std::string{monitor.name.name()});
        Words watchers;
        for (const Pid watcher : inspection.monitored_by)
            watchers.push_back(std::to_string(index_of(watcher)));
        return sets(links, monitors, watchers);
    }
    std::string describe(const Member& member) const {
        Words links;
        for (const int peer : member.links)
            links.push_back(std::to_string(peer));
        Words monitors;
        for (const auto& [ref, watch] : member.monitors)
            monitors.push_back(fiberscope::to_string(refs_.at(ref)) + "=" + std::to_string(watch.target) +
                               std::string{name_at(watch.name).name()});
        Words watchers;
        for (const auto& [ref, watcher] : member.monitored_by)
            watchers.push_back(std::to_string(watcher));
        return sets(links, monitors, watchers);
    }

    std::string compare_names() const {
        for (int name = 0; name < names_of_a_web; ++name)
            if (const int actual = index_of(node_.whereis(name_at(name))); actual != model_.whereis(name))
                return "n" + std::to_string(name) + " is p" + std::to_string(actual) + ", expected p" +
                       std::to_string(model_.whereis(name));
        return {};
    }

    /// Nothing is left of a web.
    std::string end_all() {
        for (const Pid pid : pids_)
            node_.exit(pid, ExitReason::kill());
        const bool quiet = node_.wait_until_quiet(30s);
        while (me_->receive_for<Outcome>(0s) || me_->receive_for<Born>(0s)) {
        }
        obituary_.read();
        const bool complete = obituary_.is_complete();
        obituary_.forget();
        if (!quiet || std::any_of(pids_.begin(), pids_.end(), [this](Pid pid) { return node_.is_alive(pid); }))
            return "a killed process lives";
        return complete ? std::string{} : "a process ended twice, or events were lost";
    }

    Node& node_;
    ExternalProcess& me_;
    Obituary& obituary_;
    Dice dice_;
    Model model_;
    Script script_;
    std::vector<Pid> pids_;
    std::map<int, MonitorRef> refs_;
    std::string text_; ///< of the script so far
};

} // namespace fiberscope::test::webs
