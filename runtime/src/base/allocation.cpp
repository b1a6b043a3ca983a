// SPDX-License-Identifier: BSL-1.0
#include "base/allocation.hpp"

#include "base/sanitizer.hpp"

#include <dlfcn.h>
#include <link.h>

namespace fiberscope::detail {

namespace {

bool has_addresses = false;

const link_map* module_of(const char* function) noexcept {
    Dl_info place{};
    void* module = nullptr;
    const void* address = ::dlsym(RTLD_DEFAULT, function);
    if (address == nullptr || ::dladdr1(address, &place, &module, RTLD_DL_LINKMAP) == 0)
        return nullptr;
    return static_cast<const link_map*>(module);
}

/// One of the program's own may put something in front of each block.
bool is_operator_new_the_librarys() noexcept {
    const link_map* library = module_of("__cxa_begin_catch");
    return library != nullptr && library->l_name[0] != '\0' && module_of("_Znwm") == library &&
           module_of("_ZnwmSt11align_val_t") == library;
}

std::string find() {
    if (has_address_sanitizer())
        return "AddressSanitizer owns malloc";
    if (has_thread_sanitizer())
        return "ThreadSanitizer owns malloc";
    const auto* library = static_cast<const AllocationLibrary*>(::dlsym(RTLD_DEFAULT, "fiberscope_allocation_1"));
    if (library == nullptr)
        return "the program is not linked with Fiberscope::Allocation";
    if (const char* obstacle = library->idle_because())
        return obstacle;
    has_addresses = is_operator_new_the_librarys();
    allocation_library = library;
    return {};
}

} // namespace

constinit const AllocationLibrary* allocation_library = nullptr;

const std::string& find_allocation_library() {
    static const std::string& obstacle = *new std::string{find()}; // processes allocate until the program's very end
    return obstacle;
}

bool blocks_have_addresses() noexcept {
    return has_addresses;
}

void give_block(AllocationAccount* to, const void* block) noexcept {
    if (to == nullptr || !has_addresses)
        return;
    HandOver moving = allocation_library->begin(*to);
    allocation_library->take(&moving, block);
    allocation_library->finish(moving);
}

} // namespace fiberscope::detail
