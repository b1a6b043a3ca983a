// SPDX-License-Identifier: BSL-1.0
/// What the tests share of which memory is whose.
#pragma once

#include "process_fixture.hpp"
#include "sanitizers.hpp"

#include "base/allocation.hpp"
#include "process/control_block.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::test {

using detail::allocation_library;

inline constexpr std::int64_t kilobyte = 1024;
inline constexpr std::int64_t megabyte = 1024 * kilobyte;

/// What a process of the calling thread has, to the byte.
inline std::int64_t held_by(const Process& self) {
    return allocation_library->bytes_of(*detail::ProcessAccess::block(self).account());
}

inline std::int64_t memory_of(const Node& node, Pid pid) {
    return static_cast<std::int64_t>(row_of(node, pid).memory_bytes);
}

/// So that the compiler knows nothing of it any more, and leaves nothing out.
template <class T>
T escaped(T value) {
    asm volatile("" : "+r"(value) : : "memory");
    return value;
}

inline std::string text_of(std::int64_t bytes) {
    return std::string(static_cast<std::size_t>(bytes), 'x');
}

inline bool is_about(std::int64_t bytes, std::int64_t expected) {
    return bytes > expected - expected / 20 - 512 && bytes < expected + expected / 20 + 512;
}

#define COMPARE_ABOUT(bytes, expected)                                                                                           \
    do {                                                                                                                         \
        const std::int64_t found = (bytes);                                                                                      \
        QVERIFY2(is_about(found, expected), std::to_string(found).c_str());                                                      \
    } while (false)

/// Runs `body` as a process to its end.
template <class Body>
void run(Node& node, Body body) {
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(std::move(body));
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
}

/// Holds texts, as long as it is told.
struct Store final : Server<Store> {
    struct Keep {
        using Reply = std::monostate;
        int count;
        std::int64_t bytes;
    };
    struct Drop {
        using Reply = std::monostate;
    };
    struct Held {
        using Reply = std::int64_t;
    };
    using Messages = fiberscope::Messages<Keep, Drop, Held>;

    Reply<Keep> handle_call(const Keep& keep) {
        for (int i = 0; i < keep.count; ++i)
            texts.push_back(text_of(keep.bytes));
        return std::monostate{};
    }
    Reply<Drop> handle_call(const Drop& /*drop*/) {
        std::vector<std::string>{}.swap(texts);
        return std::monostate{};
    }
    Reply<Held> handle_call(const Held& /*held*/) { return held_by(self()); }

    std::vector<std::string> texts;
};

} // namespace fiberscope::test
