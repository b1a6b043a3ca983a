// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/supervisor.hpp>

#include <optional>

namespace fiberscope::detail {

/// What makes no sense in a child spec: `{invalid_shutdown,-5}`, `{bad_combination,...}`. Nothing: it is sound.
std::optional<Term> check_child_spec(const ChildSpec& spec, AutoShutdown auto_shutdown);

/// What makes no sense in a supervisor's definition, as OTP's start_link says it: `{supervisor_data,...}`,
/// `{start_spec,...}`, `{bad_start_spec,Ids}`. Nothing: it is sound.
std::optional<Term> check_definition(const Supervisor& definition);

} // namespace fiberscope::detail
