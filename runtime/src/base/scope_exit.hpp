// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <utility>

namespace fiberscope::detail {

/// Calls `function` however a scope ends: by the exit of a process that was killed, too. It must not throw.
template <class Function>
class ScopeExit {
public:
    explicit ScopeExit(Function function) : function_{std::move(function)} {}
    ~ScopeExit() { function_(); }
    ScopeExit(const ScopeExit&) = delete;
    ScopeExit& operator=(const ScopeExit&) = delete;

private:
    Function function_;
};

} // namespace fiberscope::detail
