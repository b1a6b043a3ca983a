// SPDX-License-Identifier: BSL-1.0
#include "base/standard_error.hpp"

#include <cerrno>
#include <optional>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

struct FileIdentity {
    dev_t device;
    ino_t number;
    bool operator==(const FileIdentity&) const = default;
};

std::optional<FileIdentity> identity_of(int file) noexcept {
    struct stat facts {};
    if (::fstat(file, &facts) != 0)
        return std::nullopt;
    return FileIdentity{facts.st_dev, facts.st_ino};
}

/// Looked at when the program starts, before it can have opened anything.
[[gnu::init_priority(101)]] const std::optional<FileIdentity> at_start = identity_of(STDERR_FILENO);

} // namespace

bool write_all(int file, std::string_view text) noexcept {
    constexpr int most_waits = 10;
    constexpr int wait_ms = 100;
    int waits = 0;
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written > 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else if (written < 0 && errno == EAGAIN && waits++ < most_waits) {
            pollfd room{file, POLLOUT, 0};
            ::poll(&room, 1, wait_ms);
        } else if (written == 0 || errno != EINTR)
            return false;
    }
    return true;
}

bool standard_error::is_open() noexcept {
    return ::isatty(STDERR_FILENO) == 1 || (at_start.has_value() && identity_of(STDERR_FILENO) == at_start);
}

bool standard_error::write(std::string_view text) noexcept {
    return is_open() && write_all(STDERR_FILENO, text);
}

void standard_error::say(std::string_view text) noexcept {
    if (at_start)
        write_all(STDERR_FILENO, text);
}

} // namespace fiberscope::detail
