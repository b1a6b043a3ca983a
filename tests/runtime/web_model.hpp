// SPDX-License-Identifier: BSL-1.0
/// The rules of links, monitors, exits and names once more, as plain single-threaded code: what a web of processes must
/// look like after each of its operations. It knows nothing of the runtime. Rules in the ids of OTP's list.
#pragma once

#include "web_ops.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::test::webs {

/// A message as it lies in a mailbox.
struct Item {
    enum class Kind : std::uint8_t { note, exit, down };
    Kind kind = Kind::note;
    int from = none;
    int step = 0; ///< messages of one step may lie in another order, those of different steps may not
    int number = 0;
    int ref = none;
    int name = none;
    std::string reason;
};

struct Member {
    bool alive = true;
    bool traps = false;
    std::string end; ///< the exit reason
    int name = none;
    std::set<int> links;
    struct Watch {
        int target;
        int name;
    };
    std::map<int, Watch> monitors;   ///< by reference
    std::map<int, int> monitored_by; ///< who, by reference
    std::vector<Item> mailbox;
};

class Model {
public:
    explicit Model(int processes) : members(static_cast<std::size_t>(processes)) {}

    /// What `actor` gets for an answer. Everything that follows from the operation has happened afterwards.
    std::string apply(int actor, const Op& op) {
        switch (op.act) {
        case Act::link: return link(actor, op.target);
        case Act::unlink: cut(actor, op.target); return "ok";
        case Act::monitor: return monitor(actor, op.target, op);
        case Act::monitor_name: return monitor(actor, whereis(op.name), op);
        case Act::demonitor: return demonitor(actor, op);
        case Act::trap_exit: return std::exchange(at(actor).traps, op.flag) ? "true" : "false";
        case Act::exit_signal: exit_signal(actor, op.target, op.text); return "ok";
        case Act::send: note(actor, op.target, op.number); return "ok";
        case Act::send_name:
            if (whereis(op.name) == none)
                return "badarg"; // N03
            note(actor, whereis(op.name), op.number);
            return "ok";
        case Act::register_name: return register_name(op.target, op.name);
        case Act::unregister_name: return unregister_name(op.name);
        case Act::spawn_link:
        case Act::spawn_monitor: return spawn(actor, op);
        case Act::drain: at(actor).mailbox.clear(); return "ok";
        case Act::end: end(actor, reason_of(op.text)); return "ok";
        }
        return {};
    }

    Member& at(int process) { return members[static_cast<std::size_t>(process)]; }
    const Member& at(int process) const { return members[static_cast<std::size_t>(process)]; }
    int whereis(int name) const {
        const auto found = names.find(name);
        return found == names.end() ? none : found->second;
    }

    std::vector<Member> members;
    std::map<int, int> names;
    int step = 0;

private:
    /// P09: what becomes the exit reason of a body that comes to its end this way.
    static std::string reason_of(const std::string& how) {
        static const std::map<std::string, std::string> reasons{
            {"return", "normal"}, {"throw", "{error,\"boom\"}"}, {"error", "{error,boom}"}, {"nocatch", "{nocatch,int}"}};
        const auto found = reasons.find(how);
        return found == reasons.end() ? how : found->second;
    }

    void put(int to, Item item) {
        if (to == none || !at(to).alive)
            return;
        item.step = step;
        at(to).mailbox.push_back(std::move(item));
    }
    void note(int from, int to, int number) { put(to, {Item::Kind::note, from, 0, number, none, none, {}}); }
    void exit_message(int from, int to, const std::string& reason) {
        put(to, {Item::Kind::exit, from, 0, 0, none, none, reason});
    }
    void down(int from, int to, int ref, int name, const std::string& reason) {
        put(to, {Item::Kind::down, from, 0, 0, ref, name, reason});
    }

    std::string link(int actor, int target) {
        if (actor == target)
            return "ok"; // X15
        if (at(target).alive) {
            at(actor).links.insert(target);
            at(target).links.insert(actor);
        } else if (!at(actor).traps)
            return "noproc"; // X14
        else
            exit_message(target, actor, "noproc");
        return "ok";
    }
    void cut(int actor, int target) {
        at(actor).links.erase(target);
        at(target).links.erase(actor);
    }

    std::string monitor(int actor, int target, const Op& op) {
        if (target == actor)
            return "ok"; // M04
        if (target == none || !at(target).alive)
            down(target, actor, op.ref, op.name, "noproc"); // M02
        else {
            at(actor).monitors.emplace(op.ref, Member::Watch{target, op.name});
            at(target).monitored_by.emplace(op.ref, actor);
        }
        return "ok";
    }
    std::string demonitor(int actor, const Op& op) {
        Member& member = at(actor);
        if (const auto found = member.monitors.find(op.ref); found != member.monitors.end()) {
            at(found->second.target).monitored_by.erase(op.ref);
            member.monitors.erase(found);
            return "true";
        }
        if (op.flag)
            std::erase_if(member.mailbox,
                          [&op](const Item& item) { return item.kind == Item::Kind::down && item.ref == op.ref; });
        return "false"; // M05
    }

    std::string register_name(int target, int name) {
        if (names.contains(name) || !at(target).alive || at(target).name != none)
            return "badarg"; // N01
        names.emplace(name, target);
        at(target).name = name;
        return "ok";
    }
    std::string unregister_name(int name) {
        if (!names.contains(name))
            return "badarg"; // N02
        at(whereis(name)).name = none;
        names.erase(name);
        return "ok";
    }

    /// P03: link and monitor are there before the child can end.
    std::string spawn(int actor, const Op& op) {
        members.emplace_back();
        if (op.act == Act::spawn_link)
            link(actor, op.target);
        else
            monitor(actor, op.target, op);
        if (!op.text.empty())
            end(op.target, op.text);
        return "ok";
    }

    /// E: `exit/2`.
    void exit_signal(int from, int to, const std::string& reason) {
        if (!at(to).alive)
            return; // X13
        if (reason == "kill")
            return end(to, "killed"); // X05, X06
        if (at(to).traps)
            return exit_message(from, to, reason); // X02, X04
        if (reason != "normal" || from == to)
            end(to, reason); // X11, X03; else X01
    }
    /// L: the end of a linked process.
    void link_exit(int from, int to, const std::string& reason) {
        if (!at(to).alive)
            return;
        at(to).links.erase(from);
        if (at(to).traps)
            exit_message(from, to, reason); // X08
        else if (reason != "normal")
            end(to, reason); // X09, X07
    }

    void end(int process, const std::string& reason) {
        at(process).alive = false;
        at(process).end = reason;
        if (const int name = std::exchange(at(process).name, none); name != none)
            names.erase(name); // P11
        for (const auto& [ref, watch] : std::exchange(at(process).monitors, {}))
            at(watch.target).monitored_by.erase(ref);
        const auto watchers = std::exchange(at(process).monitored_by, {});
        for (const int peer : std::exchange(at(process).links, {}))
            link_exit(process, peer, reason);
        for (const auto& [ref, watcher] : watchers)
            if (at(watcher).alive) {
                const int name = at(watcher).monitors.at(ref).name;
                at(watcher).monitors.erase(ref);
                down(process, watcher, ref, name, reason); // M01, M03
            }
        at(process).mailbox.clear();
    }
};

} // namespace fiberscope::test::webs
