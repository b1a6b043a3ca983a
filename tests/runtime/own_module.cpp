// SPDX-License-Identifier: BSL-1.0
/// Bodies that misbehave, in a shared library: tst_own_modules runs them.
#include "faulty_bodies.hpp"
#include "runaways.hpp"

#include <string_view>
#include <utility>

using namespace fiberscope::test;

namespace {

[[gnu::noinline]] void fail_in_module() {
    throw std::runtime_error{"out of order"};
}
void thrower(fiberscope::Process&) {
    fail_in_module();
}

/// Takes its time in the initialiser of a static, in which others need its scheduler.
void static_waiter(fiberscope::Process& self) {
    struct Slow {
        explicit Slow(fiberscope::Process& process) { process.sleep(std::chrono::milliseconds{50}); }
    };
    static const Slow slow{self};
}

} // namespace

/// The body of that name, or nullptr.
extern "C" [[gnu::visibility("default")]] void (*FIBERSCOPE_BODY_OF(const char* name))(fiberscope::Process&) {
    constexpr std::pair<std::string_view, void (*)(fiberscope::Process&)> bodies[] = {
        {"own code", overflow_in_own_code},
        {"strides", overflow_in_strides},
        {"stdio", overflow_in_stdio},
        {"callbacks", overflow_in_callbacks},
        {"runtime", overflow_in_runtime_calls},
        {"regex", overflow_in_regex},
        {"throws", overflow_in_throws},
        {"null", fault_at_null},
        {"call", fault_in_call},
        {"division", fault_in_division},
        {"instruction", fault_of_instruction},
        {"memset", fault_in_memset},
        {"string", fault_in_string},
        {"burn", run_away},
        {"throw", thrower},
        {"static", static_waiter},
    };
    for (const auto& [known, body] : bodies)
        if (known == name)
            return body;
    return nullptr;
}
