// SPDX-License-Identifier: BSL-1.0
#include "behaviour/spec_check.hpp"

#include "base/term_hash.hpp"

#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace fiberscope::detail {
namespace {

Term pair(std::string_view name, Term value) {
    return Term::tuple({Term::atom(name), std::move(value)});
}

Term bad_combination(Term first, Term second) {
    return pair("bad_combination", Term::list({std::move(first), std::move(second)}));
}

Term ids_of(const Supervisor& definition) {
    std::vector<Term> ids;
    for (const ChildSpec& spec : definition.children())
        ids.push_back(spec.id);
    return Term::list(ids);
}

} // namespace

std::optional<Term> check_child_spec(const ChildSpec& spec, AutoShutdown auto_shutdown) {
    const Term is_significant = pair("significant", Term::boolean(true));
    if (spec.options.significant && auto_shutdown == AutoShutdown::never)
        return bad_combination(pair("auto_shutdown", Term::atom("never")), is_significant);
    if (spec.options.significant && spec.options.restart == RestartType::permanent)
        return bad_combination(pair("restart", Term::atom("permanent")), is_significant);
    const Shutdown shutdown = spec.shutdown();
    if (shutdown.is_negative())
        return pair("invalid_shutdown", std::chrono::duration_cast<std::chrono::milliseconds>(shutdown.time()).count());
    return std::nullopt;
}

std::optional<Term> check_definition(const Supervisor& definition) {
    if (const auto intensity = definition.limits().intensity; intensity < 0)
        return pair("supervisor_data", pair("invalid_intensity", intensity));
    if (const auto period = definition.limits().period.count(); period <= 0)
        return pair("supervisor_data", pair("invalid_period", period));
    if (definition.strategy() == Strategy::simple_one_for_one && definition.children().size() != 1)
        return pair("bad_start_spec", ids_of(definition));
    std::unordered_set<Term, TermHash> ids;
    for (const ChildSpec& spec : definition.children()) {
        if (auto wrong = check_child_spec(spec, definition.auto_shutdown()))
            return pair("start_spec", std::move(*wrong));
        if (!ids.insert(spec.id).second)
            return pair("start_spec", pair("duplicate_child_name", spec.id));
    }
    return std::nullopt;
}

} // namespace fiberscope::detail
