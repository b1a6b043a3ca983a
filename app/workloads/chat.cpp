// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

#include <array>
#include <random>
#include <unordered_set>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

struct Join {
    Pid member;
};
/// A member says something to its room.
struct Say {
    std::string text;
};
/// What the room passes on to everybody in it.
struct Line {
    std::string text;
};

Atom room_name(std::uint32_t room) {
    return fmt::format("chat_room_{}", room);
}

/// Knows who is here, and passes on what is said. A member that ends is forgotten.
class Room final : public Server<Room> {
public:
    using Messages = fiberscope::Messages<Join, Say, Down>;

    void handle_cast(Join join) {
        if (members_.insert(join.member).second)
            self().monitor(join.member);
    }
    void handle_cast(Say say) {
        ++lines_;
        for (const Pid member : members_)
            self().send(member, Line{say.text});
    }
    void handle_info(Down down) { members_.erase(down.pid); }
    Term state() const {
        return Term::list({Term::tuple({Term::atom("members"), members_.size()}), Term::tuple({Term::atom("lines"), lines_})});
    }

private:
    std::unordered_set<Pid> members_;
    std::uint64_t lines_ = 0;
};

/// Says something now and then, listens otherwise. When its room goes down it comes back to the next one of that name.
class Member final : public Server<Member> {
public:
    struct Speak {};
    struct Enter {};
    using Messages = fiberscope::Messages<Line, Speak, Enter, Down>;

    Member(std::uint32_t room, std::string name, std::chrono::milliseconds pause)
        : room_{room_name(room)}, name_{std::move(name)}, random_{self().pid().slot()}, pause_ms_{pause.count() / 2,
                                                                                                  pause.count() * 3 / 2} {
        handle_info(Enter{});
        arm();
    }

    void handle_info(Line line) {
        ++lines_;
        last_line_ = std::move(line.text);
    }
    void handle_info(Speak) {
        static constexpr std::array words{"hello", "who is there?", "let it crash", "any news?", "see you"};
        self().cast(room_, Say{fmt::format("{}: {}", name_, words[random_() % words.size()])});
        arm();
    }
    void handle_info(Enter) {
        self().monitor(room_);
        self().cast(room_, Join{self().pid()});
    }
    void handle_info(Down) { self().send_after(200ms, self().pid(), Enter{}); }
    Term state() const {
        return Term::list({Term::tuple({Term::atom("room"), room_}), Term::tuple({Term::atom("lines_heard"), lines_}),
                           Term::tuple({Term::atom("last_line"), Term::string(last_line_)})});
    }

private:
    void arm() { self().send_after(std::chrono::milliseconds{pause_ms_(random_)}, self().pid(), Speak{}); }

    Atom room_;
    std::string name_;
    std::minstd_rand random_;
    std::uniform_int_distribution<std::int64_t> pause_ms_;
    std::uint64_t lines_ = 0;
    std::string last_line_;
};

/// The members of one room. The more there are, the less each says: four lines a second are said in every room.
Supervisor make_members(std::uint32_t room, std::uint32_t members) {
    const std::chrono::milliseconds pause{250ULL * members};
    auto supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named(fmt::format("chat_members_{}", room));
    for (std::uint32_t index = 1; index <= members; ++index) {
        auto name = fmt::format("member_{}_{}", room, index);
        supervisor = std::move(supervisor).child(Term::atom(name), Member::start(room, name, pause).labelled(name));
    }
    return supervisor;
}

} // namespace

Application make_chat(std::uint32_t rooms, std::uint32_t members) {
    auto room_supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named("chat_rooms");
    auto member_supervisor = Supervisor::one_for_one().named("chat_members");
    for (std::uint32_t room = 1; room <= rooms; ++room) {
        room_supervisor = std::move(room_supervisor).child(room_name(room), Room::start().named(room_name(room)));
        member_supervisor =
            std::move(member_supervisor).child(Term::atom(fmt::format("chat_members_{}", room)), make_members(room, members));
    }
    auto supervisor = Supervisor::rest_for_one()
                          .named("chat_sup")
                          .child("chat_rooms", std::move(room_supervisor))
                          .child("chat_members", std::move(member_supervisor));
    return Application{"chat", std::move(supervisor)};
}

} // namespace fiberscope::app
