// SPDX-License-Identifier: BSL-1.0
#include "behaviour/logger.hpp"

#include "process/services.hpp"

namespace fiberscope::detail {

void Logger::handle_cast(Line line) {
    ++lines_;
    auto entry = std::make_shared<LogEntry>();
    entry->level = line.level;
    entry->pid = line.about ? line.about : self().pid();
    entry->title = std::move(line.text);
    Event event;
    event.kind = EventKind::log;
    event.pid = entry->pid;
    event.log = std::move(entry);
    record_event(self(), std::move(event));
}

Term Logger::state() const {
    return Term::tuple({Term::atom("lines"), Term{lines_}});
}

} // namespace fiberscope::detail
