// SPDX-License-Identifier: BSL-1.0
// compiles
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Flags {
    unsigned first : 3;
    unsigned second : 5;
};
struct Tree {
    int value;
    std::vector<Tree> children;
    std::unique_ptr<Tree> parent;
};
struct Back;
struct Forth {
    std::vector<Back> back;
};
struct Back {
    std::vector<Forth> forth;
};
static_assert(MessageValue<Flags> && MessageValue<Tree> && MessageValue<Forth> && MessageValue<Back>);

Result<int> number() {
    return 5;
}
Result<bool> truth() {
    return true;
}
Result<Pid> process(Pid pid) {
    return pid;
}
Result<int> failure() {
    return ExitReason::noproc();
}
Result<int> other_failure() {
    return Term::atom("empty");
}

struct Get {
    using Reply = Result<Tree>;
};
/// Handlers that take what their messages turn into, and members that only look like handlers.
struct Store final : Server<Store> {
    using Messages = fiberscope::Messages<Get, int, std::optional<int>>;
    Reply<Get> handle_call(const Get&) { return ExitReason::noproc(); }
    void handle_cast(long) {}
    void handle_info(std::optional<int>) {}
    void handle_info(const Message&) {}
    int handles = 0;

private:
    int state = 0;
};
/// A handler for whatever comes.
struct Sink final : Server<Sink> {
    using Messages = fiberscope::Messages<int, Flags>;
    template <class T>
    void handle_cast(const T&) {}
};

const ServerSpec store = Store::start();
const ServerSpec sink = Sink::start();
const Supervisor top =
    Supervisor::one_for_one().child("owner", [cell = std::make_unique<int>(1)](Process& self) { self.send(self.pid(), *cell); });
