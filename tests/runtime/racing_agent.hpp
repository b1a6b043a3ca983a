// SPDX-License-Identifier: BSL-1.0
/// The processes of a web that do as they like at the same time, and what each writes down of it.
#pragma once

#include "process_fixture.hpp"
#include "web_script.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::test::webs {

/// What one process did and saw. **Thread:** written by the process; read by the test once the Node is quiet.
struct Journal {
    enum class Tie : std::uint8_t { never, made, cut };
    struct Watch {
        Pid target; ///< the default Pid if it was made by name
        enum class State : std::uint8_t { active, stopped, fired } state = State::active;
        bool flushed = false;
        int downs = 0;
        std::string reason; ///< of the Down
        Pid of;             ///< whom the Down was about
    };
    struct TrappedExit {
        Pid from;
        std::string reason;
        bool after_cut = false; ///< this process had cut the link and flushed
    };

    std::map<Pid, Tie> last_tie;                      ///< its own last word about a link
    std::set<Pid> ever_tied;                          ///< whom it ever linked itself to
    std::set<std::pair<Pid, std::string>> exits_sent; ///< by exit/2; with the reason that the target may end with
    std::map<Pid, int> sent;                          ///< notes
    std::map<Pid, int> received;                      ///< number of the last note
    std::map<Ref, Watch> watches;
    std::map<Pid, std::string> watched_children; ///< by spawn_monitor: the reason with which they end
    std::map<Pid, std::string> linked_children;  ///< by spawn_link
    std::vector<TrappedExit> exits;
    std::string own_end; ///< the reason with which it went
    std::vector<std::string> problems;
};

struct Peers {
    std::vector<Pid> pids;
};
struct Finish {};
struct Hello {};

/// A note between two processes, numbered from 1.
struct Numbered {
    Pid from;
    int number = 0;
};

/// Does random things to its peers, then only receives until it is told to finish.
class RacingAgent {
public:
    RacingAgent(Process& self, Journal& journal, std::uint64_t seed) : self_{self}, journal_{journal}, dice_{seed} {}

    void run() {
        peers_ = self_.receive<Peers>().pids;
        for (int left = 20 + dice_.below(100); left > 0; --left) {
            act();
            while (dice_.one_in(3) && take_message(Duration::zero())) {
            }
        }
        while (take_message(infinity)) {
        }
        journal_.own_end = "normal";
    }

private:
    void act() {
        const Pid peer = dice_.of(peers_);
        const int choice = dice_.below(100);
        if (choice < 22)
            link(peer);
        else if (choice < 38)
            unlink(peer);
        else if (choice < 50)
            monitor(peer, peer);
        else if (choice < 58)
            demonitor();
        else if (choice < 66)
            self_.trap_exit(!dice_.one_in(4));
        else if (choice < 80)
            send(peer);
        else if (choice < 90)
            spawn();
        else if (choice < 96)
            use_names();
        else if (choice < 98)
            exit_signal(peer);
        else if (dice_.one_in(3))
            end();
    }

    /// A reason that no other operation uses.
    Term unique_reason() { return Term::tuple({Term::atom("r"), Term{self_.pid()}, Term{++reasons_}}); }

    void link(Pid peer) {
        if (peer == self_.pid())
            return;
        journal_.last_tie[peer] = Journal::Tie::made;
        journal_.ever_tied.insert(peer);
        try {
            self_.link(peer);
        } catch (const Error& error) {
            expect(to_string(error.term) == "noproc", "link threw " + to_string(error.term));
        }
    }
    /// X16: with the flush nothing of that link is left.
    void unlink(Pid peer) {
        if (peer == self_.pid())
            return;
        self_.unlink(peer);
        while (self_.receive(on<Exit>([peer](const Exit& exit) { return exit.from == peer; },
                                      [this](Exit exit) { return note_exit(exit, false), true; }),
                             after(0s, [] { return false; }))) {
        }
        journal_.last_tie[peer] = Journal::Tie::cut;
    }
    void note_exit(const Exit& exit, bool may_follow_cut) {
        const auto tie = journal_.last_tie.find(exit.from);
        const bool cut = tie != journal_.last_tie.end() && tie->second == Journal::Tie::cut;
        journal_.exits.push_back({exit.from, to_string(exit.reason), may_follow_cut && cut});
    }

    void monitor(Target target, Pid pid) {
        const MonitorRef ref = self_.monitor(target);
        journal_.watches[ref].target = pid;
    }
    void demonitor() {
        if (journal_.watches.empty())
            return;
        auto& [ref, watch] = *std::next(journal_.watches.begin(), dice_.below(static_cast<int>(journal_.watches.size())));
        const bool flush = dice_.one_in(2);
        const bool removed = self_.demonitor(MonitorRef{ref}, flush);
        expect(!removed || (watch.state == Journal::Watch::State::active && watch.downs == 0), "demonitor removed what was over");
        if (removed)
            watch.state = Journal::Watch::State::stopped;
        else if (watch.state == Journal::Watch::State::active)
            watch.state = Journal::Watch::State::fired;
        watch.flushed = watch.flushed || flush;
    }

    void send(Pid peer) {
        const int number = journal_.sent[peer] + 1;
        self_.send(peer, Numbered{self_.pid(), number});
        journal_.sent[peer] = number;
    }
    void exit_signal(Pid peer) {
        const bool kill = dice_.one_in(3);
        const Term reason = kill ? Term::atom("kill") : unique_reason();
        journal_.exits_sent.emplace(peer, kill ? "killed" : to_string(reason));
        self_.exit(peer, reason);
    }
    void end() {
        const Term reason = unique_reason();
        journal_.own_end = to_string(reason);
        self_.exit(reason);
    }

    /// P03: children that end at once are heard of with their reason, never noproc.
    void spawn() {
        const Term reason = unique_reason();
        const auto body = [reason](Process& child) { child.exit(reason); };
        if (dice_.one_in(2)) {
            const auto [pid, ref] = self_.spawn_monitor(body);
            journal_.watched_children.emplace(pid, to_string(reason));
            journal_.watches[ref].target = pid;
        } else if (self_.trap_exit())
            journal_.linked_children.emplace(self_.spawn_link(body), to_string(reason));
    }

    void use_names() {
        const Atom name{"racing_" + std::to_string(dice_.below(names_of_a_web))};
        try {
            switch (dice_.below(4)) {
            case 0: return self_.register_name(name, dice_.of(peers_));
            case 1: return self_.unregister_name(name);
            case 2: return monitor(name, {});
            default: self_.send(name, Hello{});
            }
        } catch (const Error& error) {
            expect(to_string(error.term) == "badarg", "a name threw " + to_string(error.term));
        }
    }

    bool take_message(Duration timeout) {
        return self_.receive(on<Numbered>([this](const Numbered& note) { return take_note(note); }),
                             on<Exit>([this](const Exit& exit) { return note_exit(exit, true), true; }),
                             on<Down>([this](const Down& down) { return take_down(down); }),
                             on<Hello>([](const Hello&) { return true; }), on<Finish>([](const Finish&) { return false; }),
                             after(timeout, [] { return false; }));
    }
    bool take_note(const Numbered& note) {
        int& last = journal_.received[note.from];
        expect(note.number == last + 1, "a message is missing or late (O01)");
        for (const auto& [ref, watch] : journal_.watches)
            expect(watch.downs == 0 || watch.of != note.from || watch.reason == "noproc", "a message after the Down (O03)");
        last = note.number;
        return true;
    }
    bool take_down(const Down& down) {
        const auto found = journal_.watches.find(down.ref);
        expect(found != journal_.watches.end(), "a Down of no monitor");
        expect(!self_.is_alive(down.pid), "a Down of a living process (P11)");
        Journal::Watch& watch = found->second;
        expect(!watch.flushed && watch.state != Journal::Watch::State::stopped, "a Down after demonitor");
        ++watch.downs;
        watch.reason = to_string(down.reason);
        watch.of = down.pid;
        return true;
    }
    void expect(bool holds, std::string problem) {
        if (!holds)
            journal_.problems.push_back(std::move(problem));
    }

    Process& self_;
    Journal& journal_;
    Dice dice_;
    std::vector<Pid> peers_;
    int reasons_ = 0;
};

} // namespace fiberscope::test::webs
