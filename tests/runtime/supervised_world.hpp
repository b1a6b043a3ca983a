// SPDX-License-Identifier: BSL-1.0
/// A node with a test process, and children that write down what they do.
#pragma once

#include "process_fixture.hpp"

#include "behaviour/services.hpp"

#include <fiberscope/fiberscope.hpp>

#include <QtTest>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace supervision {

using namespace fiberscope;
using fiberscope::test::compare;
using namespace std::chrono_literals;

/// What a child does, sent to the test process.
struct Note {
    std::string text;
};
/// Cast to a worker: it stops with this reason.
struct Die {
    Term reason;
};
/// Cast to a worker: it cuts its link to the supervisor.
struct CutLink {
    Pid supervisor;
};
/// A worker whose start waits goes on.
struct Proceed {};

/// What the starts of a worker do: the n-th start the n-th step, later ones the last.
struct Script {
    enum class Step { ok, ignore, fail, wait_and_fail };
    std::vector<Step> steps{Step::ok};
    std::shared_ptr<std::atomic<std::size_t>> starts = std::make_shared<std::atomic<std::size_t>>(0);

    Step next() const { return steps[std::min(starts->fetch_add(1), steps.size() - 1)]; }
};

/// A server that notes its start and its terminate.
class Worker final : public Server<Worker> {
public:
    using Messages = fiberscope::Messages<Die, CutLink>;

    Worker(Pid journal, std::string id, bool trap, const Script& script) : journal_{journal}, id_{std::move(id)} {
        self().trap_exit(trap);
        switch (script.next()) {
        case Script::Step::ok: note("start " + id_); return;
        case Script::Step::ignore: ignore(); return;
        case Script::Step::wait_and_fail:
            note("starting " + id_);
            self().receive<Proceed>();
            [[fallthrough]];
        case Script::Step::fail:
            note("nostart " + id_);
            stop(Term::atom("no"));
            return;
        }
    }
    void handle_cast(const Die& die) { stop(die.reason); }
    void handle_cast(const CutLink& cut) { self().unlink(cut.supervisor); }
    void terminate(const ExitReason& reason) { note("terminate " + id_ + " " + to_string(reason)); }

private:
    void note(std::string text) { self().send(journal_, Note{std::move(text)}); }

    Pid journal_;
    std::string id_;
};

class World {
public:
    explicit World(int schedulers) : node{NodeConfig{.schedulers = static_cast<std::uint32_t>(schedulers)}}, me{node.attach()} {
        me->trap_exit(true);
    }

    /// A worker that traps exits unless said otherwise; its id is its registered name, too.
    ServerSpec worker(const std::string& id, bool trap = true, Script script = {}) const {
        return Worker::start(me->pid(), id, trap, std::move(script)).named(id);
    }
    /// Starts a supervisor linked to the test process, its parent.
    Result<Pid> start(const Supervisor& supervisor) { return detail::start_server(*me, supervisor.start(), true); }

    Pid pid(Atom name) const { return node.whereis(name); }
    bool settle() { return node.wait_until_quiet(20s); }
    /// Ends a worker and waits until all that follows from it is over. Returns its pid.
    Pid die(Atom name, Term reason) {
        const Pid process = pid(name);
        me->cast(process, Die{std::move(reason)});
        settle();
        return process;
    }
    /// What the children noted since the last call, joined by commas.
    std::string notes() {
        settle();
        std::string text;
        while (auto note = me->receive_for<Note>(0s))
            text += (text.empty() ? "" : ", ") + note->text;
        return text;
    }
    /// Waits for the end of a supervisor that `start` made: it is linked, so its reason comes even if it has ended already.
    ExitReason end_of(Pid supervisor) {
        return me->receive(on<Exit>([supervisor](const Exit& exit) { return exit.from == supervisor; },
                                    [](Exit exit) { return std::move(exit.reason); }),
                           after(20s, [] { return ExitReason{Term::atom("still_alive")}; }));
    }
    /// `c1 running, c2 stopped`: as the supervisor sees its children.
    std::string children(const Target& supervisor) {
        const auto infos = me->try_call(supervisor, WhichChildren{});
        if (!infos)
            return to_string(infos.error());
        std::string text;
        for (const ChildInfo& info : *infos)
            text += (text.empty() ? "" : ", ") + to_string(info.id) + " " + state_text(info.state);
        return text;
    }
    SupervisorInfo describe(Pid supervisor) {
        auto answer = std::make_shared<std::promise<SupervisorInfo>>();
        node.inspect({supervisor}, Inspect::children, {},
                     [answer](std::vector<Inspection> found) { answer->set_value(std::move(found.front().supervisor)); });
        return answer->get_future().get();
    }
    std::vector<Event> events(EventKind kind) {
        EventBatch batch = node.events_after(0);
        std::erase_if(batch.events, [kind](const Event& event) { return event.kind != kind; });
        return std::move(batch.events);
    }

    Node node;
    ExternalProcess me;

private:
    static std::string state_text(ChildInfo::State state) {
        switch (state) {
        case ChildInfo::State::running: return "running";
        case ChildInfo::State::restarting: return "restarting";
        case ChildInfo::State::stopped: return "stopped";
        }
        return {};
    }
};

/// Three workers c1, c2, c3.
inline Supervisor three_children(const World& world, Supervisor supervisor) {
    return std::move(supervisor).child("c1", world.worker("c1")).child("c2", world.worker("c2")).child("c3", world.worker("c3"));
}

/// Rows for all tests of a class that run on 1, 2 and 4 schedulers.
inline void add_world_rows() {
    QTest::addColumn<int>("schedulers");
    for (const int count : {1, 2, 4})
        QTest::addRow("%d schedulers", count) << count;
}

/// The result of a supervisor's request as OTP prints it.
inline std::string text_of(const Result<Pid>& result) {
    return result ? (*result ? "ok" : "ok undefined") : to_string(result.error());
}
inline std::string text_of(const Result<std::monostate>& result) {
    return result ? "ok" : to_string(result.error());
}
template <class T>
std::string text_of(const Result<Result<T>>& result) {
    return result ? text_of(*result) : "call failed: " + to_string(result.error());
}

} // namespace supervision
