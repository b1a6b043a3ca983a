// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/server.hpp>

#include <string>

namespace fiberscope::detail {

/// The Node's logger: a process of its own, registered as `logger`, that writes lines to the log in the order they come.
/// **Source:** OTP `logger`, of which this is the part that a log of events needs.
class Logger final : public Server<Logger> {
public:
    struct Line {
        LogLevel level;
        std::string text;
        Pid about;
    };
    using Messages = fiberscope::Messages<Line>;

    void handle_cast(Line line);
    Term state() const;

private:
    std::uint64_t lines_ = 0;
};

} // namespace fiberscope::detail
