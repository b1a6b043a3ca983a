// SPDX-License-Identifier: BSL-1.0
/// Messages and servers whose code fails, for the tests of what that does to others.
#pragma once

#include "runaways.hpp"

#include <future>
#include <stdexcept>
#include <string>
#include <utility>

/// How Qt Test prints it.
template <>
inline char* QTest::toString(const std::string& text) {
    return qstrdup(text.c_str());
}

namespace fiberscope::test {

[[gnu::noinline]] inline void fail(const char* what) {
    throw std::runtime_error{what};
}

/// Its destructor is fatal to whoever runs it, once it is armed; moved-from ones are harmless.
struct Bomb {
    bool is_armed = true;
    Bomb() = default;
    Bomb(Bomb&& other) noexcept : is_armed{std::exchange(other.is_armed, false)} {}
    Bomb& operator=(Bomb&&) = delete;
    ~Bomb() {
        if (is_armed)
            fail("in the destructor of a message"); // through noexcept
    }
};

/// The same, but its destructor may throw.
struct ThrowingBomb {
    bool is_armed = true;
    ThrowingBomb() = default;
    ThrowingBomb(ThrowingBomb&& other) noexcept : is_armed{std::exchange(other.is_armed, false)} {}
    ThrowingBomb& operator=(ThrowingBomb&&) = delete;
    ~ThrowingBomb() noexcept(false) {
        if (is_armed)
            fail("in the destructor of a message");
    }
};

/// Counts its end, on which thread it came, and whether a process ran there.
struct Mourned {
    std::atomic<int>* destroyed = nullptr;
    explicit Mourned(std::atomic<int>& count) : destroyed{&count} {}
    Mourned(Mourned&& other) noexcept : destroyed{std::exchange(other.destroyed, nullptr)} {}
    Mourned& operator=(Mourned&&) = delete;
    ~Mourned() {
        if (destroyed != nullptr && current_process() != nullptr)
            ++*destroyed;
    }
};

inline const std::string through_noexcept = R"({terminate,{error,"in the destructor of a message"}})";

/// Throws in whichever handler it is told to.
class Thrower final : public Server<Thrower> {
public:
    struct ThrowIn {
        std::string where;
    };
    struct Ask {
        using Reply = int;
    };
    using Messages = fiberscope::Messages<ThrowIn, Ask>;

    void handle_cast(ThrowIn where) {
        where_ = where.where;
        if (where_ == "cast")
            throw 7; // NOLINT(hicpp-exception-baseclass)
        if (where_ == "continue")
            continue_with(Term::atom("go"));
        if (where_ == "timeout")
            idle_timeout(1ms);
        if (where_ == "terminate")
            stop(Term::atom("asked"));
    }
    fiberscope::Reply<Ask> handle_call(const Ask&) { return 42; }
    void handle_continue(const Term&) { fail("continue"); }
    void handle_timeout() { fail("timeout"); }
    void terminate(const ExitReason&) {
        if (where_ == "terminate")
            fail("terminate");
    }
    Term state() const {
        if (where_ == "state")
            fail("state");
        return Term::atom("fine");
    }

private:
    std::string where_;
};

/// What it answers between two slices of its own.
inline Inspection inspected(Node& node, Pid pid, Inspect what) {
    auto answer = std::make_shared<std::promise<Inspection>>();
    node.inspect({pid}, what, {}, [answer](const auto& all) { answer->set_value(all.front()); });
    auto future = answer->get_future();
    return future.wait_for(10s) == std::future_status::ready ? future.get() : Inspection{};
}

} // namespace fiberscope::test

template <>
struct fiberscope::is_message<fiberscope::test::Bomb> : std::true_type {};
template <>
struct fiberscope::is_message<fiberscope::test::ThrowingBomb> : std::true_type {};
template <>
struct fiberscope::is_message<fiberscope::test::Mourned> : std::true_type {};
