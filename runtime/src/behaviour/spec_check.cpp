// SPDX-License-Identifier: BSL-1.0
#include "behaviour/spec_check.hpp"

#include "base/term_hash.hpp"

#include <string_view>
#include <unordered_set>
#include <utility>

namespace fiberscope::detail {
namespace {

Term pair(std::string_view name, Term value) {
    return Term::tuple({Term::atom(name), std::move(value)});
}

} // namespace

std::optional<Term> check_child_spec(const ChildSpec& spec) {
    const Shutdown shutdown = spec.shutdown();
    if (shutdown.is_brutal() && shutdown.time() != Shutdown::brutal_kill.time())
        return pair("invalid_shutdown", std::chrono::duration_cast<std::chrono::milliseconds>(shutdown.time()).count());
    return std::nullopt;
}

std::optional<Term> check_definition(const Supervisor& definition) {
    if (const auto period = definition.limits().period.count(); period <= 0)
        return pair("supervisor_data", pair("invalid_period", period));
    std::unordered_set<Term, TermHash> ids;
    for (const ChildSpec& spec : definition.children()) {
        if (!ids.insert(spec.id).second)
            return pair("start_spec", pair("duplicate_child_name", spec.id));
        if (auto wrong = check_child_spec(spec))
            return pair("start_spec", std::move(*wrong));
    }
    return std::nullopt;
}

} // namespace fiberscope::detail
