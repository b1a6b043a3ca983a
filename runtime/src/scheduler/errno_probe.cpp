// SPDX-License-Identifier: BSL-1.0
#include "scheduler/errno_probe.hpp"

#include <boost/context/fiber.hpp>

#include <exception>
#include <thread>
#include <utility>

namespace fiberscope::detail {

bool finds_errno_on_another_thread(bool (*probe)(void (*go_elsewhere)(void*), void* argument)) noexcept {
    using boost::context::fiber;
    if (probe == nullptr)
        return false;
    try {
        bool found = false;
        fiber begun{[probe, &found](fiber&& caller) {
            found = probe(
                [](void* where) {
                    auto& from = *static_cast<fiber*>(where);
                    from = std::move(from).resume();
                },
                &caller);
            return std::move(caller);
        }};
        begun = std::move(begun).resume();
        std::thread{[&begun] { begun = std::move(begun).resume(); }}.join();
        return found;
    } catch (const std::exception&) { // no stack, no thread
        return false;
    }
}

} // namespace fiberscope::detail
