// SPDX-License-Identifier: BSL-1.0
#include "inspect/loaded_code.hpp"

#include "scheduler/program_code.hpp"

#include <algorithm>

#include <link.h>
#include <sys/stat.h>

namespace fiberscope::detail {

bool LoadedCode::Module::is_same(const Module& other) const noexcept {
    return begin == other.begin && end == other.end && path == other.path && file == other.file &&
           changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
}

LoaderCounts loader_counts() {
    LoaderCounts counts;
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* out) { // each object tells the same
            *static_cast<LoaderCounts*>(out) = {object->dlpi_adds, object->dlpi_subs};
            return 1;
        },
        &counts);
    return counts;
}

std::vector<LoadedCode::Module> LoadedCode::modules_now() {
    std::vector<Module> modules;
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* out) {
            Module module{object->dlpi_name, ~std::uintptr_t{0}, 0};
            for (int i = 0; i < object->dlpi_phnum; ++i) {
                const auto& segment = object->dlpi_phdr[i];
                if (segment.p_type != PT_LOAD)
                    continue;
                module.begin = std::min<std::uintptr_t>(module.begin, object->dlpi_addr + segment.p_vaddr);
                module.end = std::max<std::uintptr_t>(module.end, object->dlpi_addr + segment.p_vaddr + segment.p_memsz);
            }
            struct stat facts {};
            if (::stat(object->dlpi_name, &facts) == 0) {
                module.file = facts.st_ino;
                module.changed = facts.st_mtim;
            }
            static_cast<std::vector<Module>*>(out)->push_back(std::move(module));
            return 0;
        },
        &modules);
    return modules;
}

bool LoadedCode::refresh() {
    const Counts now{loader_counts(), program_code::own_ranges()};
    if (now == counts_)
        return false;
    const bool is_first = modules_.empty();
    const bool may_replace = now.loader.unloads != counts_.loader.unloads;
    std::vector<Module> modules = modules_now();
    for (Module& module : modules) {
        const auto before =
            std::find_if(modules_.begin(), modules_.end(), [&module](const Module& known) { return known.is_same(module); });
        if (before != modules_.end())
            module.since = before->since;
        else if (!is_first && may_replace)
            module.since = std::chrono::system_clock::now();
    }
    modules_ = std::move(modules);
    counts_ = now;
    return true;
}

bool LoadedCode::was_there(std::uintptr_t address, Time at) const noexcept {
    return std::any_of(modules_.begin(), modules_.end(), [address, at](const Module& module) {
        return address >= module.begin && address < module.end && module.since <= at;
    });
}

} // namespace fiberscope::detail
