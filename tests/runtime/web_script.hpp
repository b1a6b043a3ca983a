// SPDX-License-Identifier: BSL-1.0
/// Random operations for a web of processes.
#pragma once

#include "web_model.hpp"

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace fiberscope::test::webs {

inline constexpr int names_of_a_web = 4;

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_{seed} {}

    int below(int limit) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(limit)); }
    bool one_in(int times) { return below(times) == 0; }
    template <class T>
    const T& of(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(below(static_cast<int>(values.size())))];
    }
    std::string reason() {
        return of<std::string>({"normal", "kill", "killed", "shutdown", "{shutdown,x}", "boom", "noproc", "{a,[1,b]}"});
    }
    /// A reason that ends a process more often than not.
    std::string deadly() { return one_in(4) ? reason() : of<std::string>({"kill", "shutdown", "boom", "{a,[1,b]}"}); }

private:
    std::mt19937_64 engine_;
};

/// One step: a process and what it does in one go. Nobody else begins anything meanwhile, so what follows has one outcome.
struct Step {
    int actor = none;
    std::vector<Op> ops;
};

inline std::string to_string(const Step& step) {
    std::string text = "p" + std::to_string(step.actor) + ":";
    for (const Op& op : step.ops)
        text += " " + to_string(op) + ";";
    return text;
}

/// Thinks of the next step of a web; asks the model only for who lives.
class Script {
public:
    Script(Dice& dice, const Model& model) : dice_{dice}, model_{model} {}

    Step next() {
        Step step;
        step.actor = living();
        if (dice_.one_in(3))
            burst(step);
        else
            step.ops.push_back(single(step.actor));
        return step;
    }

private:
    Op op(Act act) const {
        Op result;
        result.act = act;
        return result;
    }
    Op at(Act act, int target) const {
        Op result = op(act);
        result.target = target;
        return result;
    }
    int anybody() { return dice_.below(static_cast<int>(model_.members.size())); }
    int living() {
        int process = anybody();
        while (!model_.at(process).alive)
            process = anybody();
        return process;
    }
    /// One that is linked or monitored already, to be talked to again.
    int known(int actor) {
        const auto& links = model_.at(actor).links;
        return links.empty() ? living() : *std::next(links.begin(), dice_.below(static_cast<int>(links.size())));
    }
    int target(int actor) {
        const int choice = dice_.below(10);
        return choice == 0 ? anybody() : choice < 4 ? known(actor) : living();
    }

    Op monitor(int target) {
        Op result = at(Act::monitor, target);
        result.ref = next_ref_++;
        return result;
    }
    Op named(Act act) {
        Op result = op(act);
        result.name = dice_.below(names_of_a_web);
        if (act == Act::monitor_name)
            result.ref = next_ref_++;
        if (act == Act::send_name)
            result.number = next_note_++;
        return result;
    }
    Op note(int target) {
        Op result = at(Act::send, target);
        result.number = next_note_++;
        return result;
    }
    /// Of an own monitor, or of any, fired or not.
    Op demonitor(int actor) {
        Op result = op(Act::demonitor);
        const auto& own = model_.at(actor).monitors;
        result.ref = own.empty() || dice_.one_in(3) ? dice_.below(next_ref_ + 1)
                                                    : std::next(own.begin(), dice_.below(static_cast<int>(own.size())))->first;
        result.flag = dice_.one_in(2);
        return result;
    }
    Op exit_signal(int target) {
        Op result = at(Act::exit_signal, target);
        result.text = dice_.reason();
        return result;
    }
    Op trap(bool on) {
        Op result = op(Act::trap_exit);
        result.flag = on;
        return result;
    }
    Op spawn(Act act) {
        Op result = at(act, static_cast<int>(model_.members.size()));
        if (act == Act::spawn_monitor)
            result.ref = next_ref_++;
        if (dice_.one_in(2))
            result.text = dice_.reason();
        return result;
    }
    Op end() {
        Op result = op(Act::end);
        result.text = dice_.one_in(2) ? dice_.reason() : dice_.of<std::string>({"return", "throw", "error", "nocatch"});
        return result;
    }

    Op single(int actor) {
        const int choice = dice_.below(100);
        if (choice < 26)
            return at(Act::link, target(actor));
        if (choice < 34)
            return at(Act::unlink, target(actor));
        if (choice < 46)
            return choice < 42 ? monitor(target(actor)) : named(Act::monitor_name);
        if (choice < 54)
            return demonitor(actor);
        if (choice < 64)
            return trap(!dice_.one_in(3));
        if (choice < 76)
            return exit_signal(dice_.one_in(5) ? actor : target(actor));
        if (choice < 80)
            return choice < 78 ? note(target(actor)) : named(Act::send_name);
        if (choice < 88)
            return choice < 86 ? register_name() : named(Act::unregister_name);
        if (choice < 93)
            return spawn(dice_.one_in(2) ? Act::spawn_link : Act::spawn_monitor);
        return choice < 97 ? op(Act::drain) : end();
    }
    Op register_name() {
        Op result = named(Act::register_name);
        result.target = anybody();
        return result;
    }

    /// Many signals from one process to another, whose order counts whatever their kinds (O01). After an exit signal only
    /// such follow whose outcome does not depend on whether the target has handled it already.
    void burst(Step& step) {
        const int target = this->target(step.actor);
        if (target == step.actor || !model_.at(target).alive) {
            step.ops.push_back(single(step.actor));
            return;
        }
        for (int count = 1 + dice_.below(6); count > 0; --count)
            step.ops.push_back(of_burst(step.actor, target));
        if (dice_.one_in(2))
            return;
        step.ops.push_back(at(Act::exit_signal, target));
        step.ops.back().text = dice_.deadly();
        for (int count = dice_.below(3); count > 0; --count)
            step.ops.push_back(dice_.one_in(2) ? note(target) : monitor(target));
    }
    Op of_burst(int actor, int target) {
        switch (dice_.below(6)) {
        case 0:
        case 1: return at(Act::link, target);
        case 2: return at(Act::unlink, target);
        case 3: return monitor(target);
        case 4: return demonitor(actor);
        default: return note(target);
        }
    }

    Dice& dice_;
    const Model& model_;
    int next_ref_ = 0;
    int next_note_ = 0;
};

} // namespace fiberscope::test::webs
