// SPDX-License-Identifier: BSL-1.0
#include "inspect/function_names.hpp"

#include "base/intern.hpp"
#include "base/readable_name.hpp"

#include <elfutils/libdwfl.h>
#include <fmt/format.h>
#include <link.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fiberscope::detail {
namespace {

/// Counts loads of shared objects; a change means that the list of modules is out of date.
unsigned long long loaded_objects() {
    unsigned long long adds = 0;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* out) {
            *static_cast<unsigned long long*>(out) = info->dlpi_adds;
            return 1;
        },
        &adds);
    return adds;
}

std::string_view file_name(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);
}

} // namespace

struct FunctionNames::Symbols {
    std::mutex mutex; ///< protects all below; libdwfl is not thread-safe
    std::unordered_map<std::uintptr_t, std::uint32_t> names_by_address;
    std::unordered_map<std::string, std::uint32_t> names_by_type;
    std::unordered_map<std::uintptr_t, FrameInfo> frames;
    Dwfl* session = nullptr;
    unsigned long long objects = 0;

    /// By build id only: the standard search could ask a server on the network.
    Dwfl_Callbacks callbacks{dwfl_linux_proc_find_elf, dwfl_build_id_find_debuginfo, nullptr, nullptr};

    ~Symbols() {
        if (session != nullptr)
            dwfl_end(session);
    }

    Dwfl_Module* module_of(std::uintptr_t pc) {
        if (const auto now = loaded_objects(); session == nullptr || now != objects) {
            objects = now;
            if (session == nullptr)
                session = dwfl_begin(&callbacks);
            else
                dwfl_report_begin(session);
            if (session == nullptr || dwfl_linux_proc_report(session, getpid()) != 0 ||
                dwfl_report_end(session, nullptr, nullptr) != 0)
                return nullptr;
        }
        return dwfl_addrmodule(session, pc);
    }

    std::string name_of_address(std::uintptr_t pc) {
        Dwfl_Module* const module = module_of(pc);
        if (module == nullptr)
            return fmt::format("{:#x}", pc);
        if (const char* const symbol = dwfl_module_addrname(module, pc))
            return readable_function(demangle(symbol));
        Dwarf_Addr start = 0;
        const char* const path = dwfl_module_info(module, nullptr, &start, nullptr, nullptr, nullptr, nullptr, nullptr);
        return fmt::format("{}+{:#x}", file_name(path != nullptr ? path : "?"), pc - start);
    }

    std::uint32_t id_of_address(std::uintptr_t pc) {
        const auto [entry, is_new] = names_by_address.try_emplace(pc, 0);
        if (is_new)
            entry->second = intern(name_of_address(pc));
        return entry->second;
    }

    FrameInfo read_frame(std::uintptr_t pc) {
        FrameInfo frame{std::string{name_of(id_of_address(pc))}, {}, 0};
        Dwfl_Module* const module = module_of(pc);
        Dwfl_Line* const line = module != nullptr ? dwfl_module_getsrc(module, pc) : nullptr;
        if (line == nullptr)
            return frame;
        if (const char* const file = dwfl_lineinfo(line, nullptr, &frame.line, nullptr, nullptr, nullptr))
            frame.file = file;
        return frame;
    }
};

FunctionNames::FunctionNames() : symbols_{std::make_unique<Symbols>()} {}

FunctionNames::~FunctionNames() = default;

FunctionNames& FunctionNames::instance() {
    static FunctionNames the_names;
    return the_names;
}

std::uint32_t FunctionNames::id_of_address(std::uintptr_t pc) {
    if (pc == 0)
        return 0;
    const std::lock_guard lock{symbols_->mutex};
    return symbols_->id_of_address(pc);
}

std::uint32_t FunctionNames::id_of_type(const char* mangled) {
    if (mangled == nullptr)
        return 0;
    const std::lock_guard lock{symbols_->mutex};
    const auto [entry, is_new] = symbols_->names_by_type.try_emplace(mangled, 0);
    if (is_new)
        entry->second = intern(readable_function(demangle(mangled)));
    return entry->second;
}

FrameInfo FunctionNames::frame_of(std::uintptr_t pc) {
    const std::lock_guard lock{symbols_->mutex};
    const auto [entry, is_new] = symbols_->frames.try_emplace(pc);
    if (is_new)
        entry->second = symbols_->read_frame(pc);
    return entry->second;
}

std::vector<FrameInfo> FunctionNames::program_frames(const std::vector<std::uintptr_t>& return_addresses) {
    const auto is_of_runtime = [](const FrameInfo& frame) {
        return frame.file.find("/runtime/src/") != std::string::npos ||
               frame.file.find("/runtime/include/") != std::string::npos || frame.function.find("boost::") != std::string::npos ||
               frame.function == "fiber_entry" || frame.function == "make_fcontext" ||
               frame.function == "fiberscope_injected_call";
    };
    std::vector<FrameInfo> frames;
    for (const std::uintptr_t address : return_addresses)
        if (FrameInfo frame = frame_of(address - 1); !is_of_runtime(frame))
            frames.push_back(std::move(frame));
    return frames;
}

} // namespace fiberscope::detail
