// SPDX-License-Identifier: BSL-1.0
#include "behaviour/logger.hpp"

#include "behaviour/services.hpp"

namespace fiberscope::detail {

void Logger::handle_cast(Line line) {
    ++lines_;
    log_report(self(), line.level, line.about ? line.about : self().pid(), std::move(line.text), {});
}

Term Logger::state() const {
    return Term::tuple({Term::atom("lines"), Term{lines_}});
}

} // namespace fiberscope::detail
