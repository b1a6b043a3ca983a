// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/supervisor.hpp>

#include "behaviour/supervisor_process.hpp"

namespace fiberscope {
namespace {

using namespace std::chrono_literals;

/// The process of a supervisor is named after what it is, not after the class that does it.
ServerSpec process_of(std::shared_ptr<const Supervisor> definition) {
    const Atom name = definition->name();
    ServerSpec spec = detail::SupervisorProcess::start(std::move(definition));
    spec.options.name = name;
    spec.options.initial_function = "Supervisor";
    spec.options.preemption = Preemption::cooperative; // the runtime's own code; start functions are another matter
    return spec;
}

} // namespace

ChildType ChildSpec::type() const noexcept {
    if (options.type)
        return *options.type;
    return std::holds_alternative<std::shared_ptr<const Supervisor>>(start) ? ChildType::supervisor : ChildType::worker;
}

Shutdown ChildSpec::shutdown() const noexcept {
    if (options.shutdown)
        return *options.shutdown;
    return type() == ChildType::supervisor ? Shutdown::infinity : Shutdown{5s};
}

Supervisor Supervisor::child(Term id, Supervisor start, ChildOptions options) && {
    return std::move(*this).child(
        ChildSpec{std::move(id), std::make_shared<const Supervisor>(std::move(start)), {}, nullptr, nullptr, options});
}

ServerSpec Supervisor::start() const {
    return process_of(std::make_shared<const Supervisor>(*this));
}

} // namespace fiberscope
