// SPDX-License-Identifier: BSL-1.0
#include "inspect/report_file.hpp"

#include "base/standard_error.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

namespace fs = std::filesystem;

/// Where to try, in this order.
std::vector<fs::path> folders() {
    std::vector<fs::path> found;
    const auto add = [&found](const fs::path& folder) {
        if (std::find(found.begin(), found.end(), folder) == found.end())
            found.push_back(folder);
    };
    std::error_code error;
    if (const fs::path wanted = fs::temp_directory_path(error); !error)
        add(wanted);
    for (const char* folder : {"/tmp", "/var/tmp"})
        add(folder);
    if (const fs::path here = fs::current_path(error); !error)
        add(here);
    return found;
}

/// Writes a file that was not there before; 0, or the error that kept it from being whole.
int write_file(const fs::path& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0)
        return errno;
    int error = write_all(file, text) ? 0 : errno;
    if (::close(file) != 0 && error == 0) // a full disk may say so only now
        error = errno;
    if (error != 0)
        ::unlink(path.c_str());
    return error;
}

} // namespace

std::string save_report(const std::string& text) {
    const std::string name = fmt::format("{}-crash-{}-{:%Y%m%d-%H%M%S}.txt", ::program_invocation_short_name, ::getpid(),
                                         fmt::localtime(std::time(nullptr)));
    std::string failures;
    for (const fs::path& folder : folders()) {
        const fs::path path = folder / name;
        const int error = write_file(path, text);
        if (error == 0)
            return failures + fmt::format("This report: {}\n", path.string());
        failures += fmt::format("This report could not be saved in {}: {}\n", path.string(), std::strerror(error));
    }
    return failures;
}

} // namespace fiberscope::detail
