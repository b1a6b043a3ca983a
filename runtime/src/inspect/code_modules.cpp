// SPDX-License-Identifier: BSL-1.0
#include "inspect/code_modules.hpp"

#include "base/readable_name.hpp"
#include "scheduler/program_code.hpp"

#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace fiberscope::detail {
namespace {

/// By build id only: the standard search could ask a server on the network.
const Dwfl_Callbacks& callbacks() noexcept {
    static const Dwfl_Callbacks the_callbacks{dwfl_linux_proc_find_elf, dwfl_build_id_find_debuginfo, nullptr, nullptr};
    return the_callbacks;
}

bool is_of_system(std::string_view path) noexcept {
    constexpr std::array<std::string_view, 4> places{"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"};
    return path.starts_with('[') || // `[vdso: 123]`
           std::any_of(places.begin(), places.end(), [path](std::string_view place) { return path.starts_with(place); });
}

/// `libc.so.6`, `[vdso]`
std::string shown_name(std::string_view path) {
    if (path.starts_with('['))
        return std::string{path.substr(0, path.find(':'))} + (path.find(':') != std::string_view::npos ? "]" : "");
    return std::string{path.substr(path.rfind('/') + 1)};
}

} // namespace

CodeModules::~CodeModules() {
    if (session_ != nullptr)
        dwfl_end(session_);
}

bool CodeModules::is_up_to_date() {
    const LoaderCounts now = loader_counts();
    if (session_ != nullptr && now == counts_)
        return true;
    if (session_ != nullptr && now.unloads != counts_.unloads) // another file may lie where one was that is known
        dwfl_end(std::exchange(session_, nullptr));
    counts_ = now;
    if (session_ == nullptr)
        session_ = dwfl_begin(&callbacks());
    else
        dwfl_report_begin(session_);
    return session_ != nullptr && dwfl_linux_proc_report(session_, ::getpid()) == 0 &&
           dwfl_report_end(session_, nullptr, nullptr) == 0;
}

CodeModule CodeModules::module_of(std::uintptr_t pc) {
    CodeModule module;
    module.handle = is_up_to_date() ? dwfl_addrmodule(session_, pc) : nullptr;
    if (module.handle == nullptr)
        return module;
    Dwarf_Addr start = 0;
    const char* const found = dwfl_module_info(module.handle, nullptr, &start, nullptr, nullptr, nullptr, nullptr, nullptr);
    const std::string_view path = found != nullptr ? found : "?";
    module.name = shown_name(path);
    module.start = start;
    // the executable's own headers lie in it
    module.is_program = module.handle == dwfl_addrmodule(session_, ::getauxval(AT_PHDR)) || program_code::is_own(pc);
    module.is_system = !module.is_program && is_of_system(path);
    return module;
}

std::string symbol_at(const CodeModule& module, std::uintptr_t pc) {
    const char* const symbol = dwfl_module_addrname(module.handle, pc);
    return symbol != nullptr ? demangle(symbol) : std::string{};
}

} // namespace fiberscope::detail
