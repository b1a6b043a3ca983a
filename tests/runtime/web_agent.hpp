// SPDX-License-Identifier: BSL-1.0
/// The processes of a web that does what a script says.
#pragma once

#include "process_fixture.hpp"
#include "web_script.hpp"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace fiberscope::test::webs {

struct Note {
    int number = 0;
};
/// An operation with real pids and references in it.
struct Order {
    Op op;
    Pid target;
    MonitorRef ref;
    Atom name;
};
struct Orders {
    std::vector<Order> orders;
};
/// How an operation went, sent to the test.
struct Outcome {
    Pid actor;
    std::string answer;
    MonitorRef ref;
    std::vector<MessageText> drained;
};

/// A spawned process, sent to the test by itself: its end may end its parent before that can tell of it.
struct Born {
    int number = none;
    Pid pid;
};

inline Atom name_at(int name) {
    return name == none ? Atom{} : Atom{"web_name_" + std::to_string(name)};
}
inline ExitReason reason_from(const std::string& text) {
    return ExitReason{*Term::parse(text)};
}

/// The body of every process of a web: does what it is ordered, leaves all other messages where they are.
class Agent {
public:
    Agent(Process& self, Pid journal) : self_{self}, journal_{journal} {}

    void run() {
        for (;;)
            for (const Order& order : self_.receive<Orders>().orders) {
                if (order.op.act == Act::end && order.op.text == "return")
                    return;
                answer(order);
            }
    }

private:
    /// The body of a process that it spawns.
    auto child(const Order& order) const {
        return [journal = journal_, number = order.op.target, reason = order.op.text](Process& self) {
            self.send(journal, Born{number, self.pid()});
            if (!reason.empty())
                self.exit(reason_from(reason));
            Agent{self, journal}.run();
        };
    }

    void answer(const Order& order) {
        Outcome outcome{.actor = self_.pid(), .answer = "ok", .ref = {}, .drained = {}};
        try {
            act(order, outcome);
        } catch (const Error& error) {
            if (order.op.act == Act::end)
                throw;
            outcome.answer = to_string(error.term);
        }
        self_.send(journal_, std::move(outcome));
    }

    void act(const Order& order, Outcome& outcome) {
        switch (order.op.act) {
        case Act::link: return self_.link(order.target);
        case Act::unlink: return self_.unlink(order.target);
        case Act::monitor: return remember(order, outcome, self_.monitor(order.target));
        case Act::monitor_name: return remember(order, outcome, self_.monitor(order.name));
        case Act::demonitor: outcome.answer = self_.demonitor(ref_of(order), order.op.flag) ? "true" : "false"; return;
        case Act::trap_exit: outcome.answer = self_.trap_exit(order.op.flag) ? "true" : "false"; return;
        case Act::exit_signal: return self_.exit(order.target, reason_from(order.op.text));
        case Act::send: return self_.send(order.target, Note{order.op.number});
        case Act::send_name: return self_.send(order.name, Note{order.op.number});
        case Act::register_name: return self_.register_name(order.name, order.target);
        case Act::unregister_name: return self_.unregister_name(order.name);
        case Act::spawn_link: self_.spawn_link(child(order)); return;
        case Act::spawn_monitor: return spawn_monitor(order, outcome);
        case Act::drain: return drain(outcome);
        case Act::end: return end(order.op.text);
        }
    }

    void remember(const Order& order, Outcome& outcome, MonitorRef ref) { outcome.ref = refs_[order.op.ref] = ref; }
    /// References made in this very step are not in the order yet.
    MonitorRef ref_of(const Order& order) const {
        const auto own = refs_.find(order.op.ref);
        return own == refs_.end() ? order.ref : own->second;
    }
    void spawn_monitor(const Order& order, Outcome& outcome) {
        remember(order, outcome, self_.spawn_monitor(child(order)).second);
    }
    void drain(Outcome& outcome) {
        bool more = true;
        while (more)
            more = self_.receive(on_any([&outcome](const Message& message) {
                                     outcome.drained.push_back({message.type_name(), message.text(), message.from()});
                                     return true;
                                 }),
                                 after(0s, [] { return false; }));
    }
    void end(const std::string& how) {
        if (how == "throw")
            throw std::runtime_error{"boom"};
        if (how == "error")
            throw Error{Term::atom("boom")};
        if (how == "nocatch")
            throw 42;
        self_.exit(reason_from(how));
    }

    Process& self_;
    Pid journal_;
    std::map<int, MonitorRef> refs_;
};

} // namespace fiberscope::test::webs
