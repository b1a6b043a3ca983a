// SPDX-License-Identifier: BSL-1.0
#include "scheduler/program_code.hpp"

#include "base/code_depth.hpp"

#include <fiberscope/isolation.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <link.h>

namespace fiberscope::detail {

namespace {

struct CodeRange {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

/// Executable segments. Grow only, one writer at a time: a signal handler may look at any moment.
template <std::size_t Most>
struct CodeRanges {
    std::array<CodeRange, Most> ranges;
    std::atomic<std::size_t> count{0}; ///< those before it are whole

    bool add(CodeRange range) noexcept {
        const std::size_t last = count.load(std::memory_order_relaxed);
        if (last == ranges.size())
            return false;
        ranges[last] = range;
        count.store(last + 1, std::memory_order_release);
        return true;
    }
    bool add(const dl_phdr_info& object) noexcept {
        bool has_room = true;
        for (int i = 0; i < object.dlpi_phnum; ++i) {
            const auto& segment = object.dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0)
                continue;
            const std::uintptr_t begin = object.dlpi_addr + segment.p_vaddr;
            has_room = add({begin, begin + segment.p_memsz}) && has_room;
        }
        return has_room;
    }
    bool empty() const noexcept { return count.load(std::memory_order_relaxed) == 0; }
    bool contain(std::uintptr_t pc) const noexcept {
        const auto end = static_cast<std::ptrdiff_t>(count.load(std::memory_order_acquire));
        return std::any_of(ranges.begin(), ranges.begin() + end,
                           [pc](const CodeRange& range) { return pc >= range.begin && pc < range.end; });
    }
};

CodeRanges<256> own_code;
CodeRanges<8> unwinder;
CodeRanges<48> lockless; ///< of libraries: they hold no lock that a process could leave held

/// libc's string functions are leaves. Their sizes are not known to the dynamic linker: it keeps them in sections of their
/// own, one after the other, so what follows one within a short distance is another.
void add_string_functions() {
    constexpr std::uintptr_t length = 2048;
    for (const char* name :
         {"memcpy", "memmove", "memset",     "memcmp",      "memchr",  "memrchr", "rawmemchr", "strlen", "strnlen",
          "strcmp", "strncmp", "strcasecmp", "strncasecmp", "strcpy",  "strncpy", "stpcpy",    "strcat", "strncat",
          "strchr", "strrchr", "strchrnul",  "strspn",      "strcspn", "strpbrk", "strstr",    "wcslen", "wmemset"})
        if (void* function = ::dlsym(RTLD_DEFAULT, name)) {
            const auto begin = reinterpret_cast<std::uintptr_t>(function);
            lockless.add({begin, begin + length});
        }
}

int add_object(dl_phdr_info* object, std::size_t /*size*/, void* /*data*/) {
    const std::string_view name{object->dlpi_name};
    const auto is = [name](std::string_view library) { return name.find(library) != std::string_view::npos; };
    if (own_code.empty()) // the program is the first
        own_code.add(*object);
    else if (is("/libgcc_s.so"))
        unwinder.add(*object);
    else if (is("/libstdc++.so") || is("/libm.so"))
        lockless.add(*object);
    return 0;
}

// -- modules that are trusted ----

/// What is loaded at `address`, for as long as it is held.
const link_map* module_at(const void* address) noexcept {
    Dl_info place{};
    void* module = nullptr;
    if (::dladdr1(address, &place, &module, RTLD_DL_LINKMAP) == 0)
        return nullptr;
    return static_cast<const link_map*>(module);
}

/// It is never unloaded from now on.
bool hold(const link_map* module) noexcept {
    return ::dlopen(module->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
}

/// In these, locks are held or state is half changed that others on the same thread would meet.
bool holds_what_others_need(const link_map* module) noexcept {
    constexpr std::array<const char*, 5> needed{"malloc", "_Znwm", "fopen", "__tls_get_addr", "gnu_get_libc_version"};
    return std::any_of(needed.begin(), needed.end(), [module](const char* name) {
        const void* function = ::dlsym(RTLD_DEFAULT, name);
        return function != nullptr && module_at(function) == module;
    });
}

/// Adds the code of the object that lies at `place.first`; sets `place.second` if there was room.
int add_own(dl_phdr_info* object, std::size_t /*size*/, void* data) {
    auto& [start, is_added] = *static_cast<std::pair<std::uintptr_t, bool>*>(data);
    if (object->dlpi_addr != start)
        return 0;
    is_added = own_code.add(*object);
    return 1;
}

/// Under the lock of `trust`.
std::vector<const link_map*>& trusted() {
    static auto& modules = *new std::vector<const link_map*>;
    return modules;
}

bool is_trusted(const link_map* module) {
    return std::find(trusted().begin(), trusted().end(), module) != trusted().end();
}

/// `libshop.so` is `/opt/shop/libshop.so.2`, too.
bool is_called(std::string_view path, const std::string& name) {
    if (path == name)
        return true;
    if (name.find('/') != std::string::npos) {
        std::error_code error;
        return std::filesystem::equivalent(path, name, error);
    }
    const std::string_view file = path.substr(path.rfind('/') + 1);
    return file.starts_with(name) && (file.size() == name.size() || (name.ends_with(".so") && file[name.size()] == '.'));
}

struct Search {
    const std::string& name;
    const void* found = nullptr; ///< an address in it
};

int compare_name(dl_phdr_info* object, std::size_t /*size*/, void* data) {
    auto& search = *static_cast<Search*>(data);
    if (!is_called(object->dlpi_name, search.name))
        return 0;
    search.found = object->dlpi_phdr;
    return 1;
}

} // namespace

void program_code::trust(const void* address) {
    find();
    static std::mutex mutex; // one writer at a time
    const std::lock_guard lock{mutex};
    const link_map* module = module_at(address);
    if (module == nullptr)
        throw std::invalid_argument{"trust_module: no module is loaded at this address"};
    if (module->l_name[0] == '\0' || is_trusted(module))
        return;
    if (holds_what_others_need(module))
        throw std::invalid_argument{std::string{"trust_module: "} + module->l_name +
                                    " holds malloc or the loader, in which no process can be interrupted or ended"};
    if (!hold(module))
        throw std::invalid_argument{std::string{"trust_module: "} + module->l_name + " cannot be held"};
    std::pair<std::uintptr_t, bool> place{module->l_addr, false};
    ::dl_iterate_phdr(&add_own, &place);
    if (!place.second)
        throw std::length_error{"trust_module: too many modules"};
    trusted().push_back(module);
}

void program_code::trust_named(const std::string& name) {
    Search search{name};
    ::dl_iterate_phdr(&compare_name, &search);
    if (search.found == nullptr)
        throw std::invalid_argument{"NodeConfig::own_modules: " + name +
                                    " is not loaded; call trust_module when it is, or name it as `ldd` does"};
    trust(search.found);
}

std::size_t program_code::own_ranges() noexcept {
    return own_code.count.load(std::memory_order_relaxed);
}

void program_code::find() {
    static std::once_flag once;
    std::call_once(once, [] {
        ::dl_iterate_phdr(&add_object, nullptr);
        if (const link_map* runtime = module_at(&own_code); runtime != nullptr && runtime->l_name[0] != '\0')
            hold(runtime); // a plugin: threads and signal handlers of the runtime stay until the program ends
        add_string_functions();
        // With _dl_find_object the unwinder takes no lock; it sets itself up at the first throw. Code that throws a lot
        // spends nearly all of its time there, and could hardly be interrupted else.
        if (::dlsym(RTLD_DEFAULT, "_dl_find_object") == nullptr)
            unwinder.count.store(0, std::memory_order_relaxed);
        try {
            throw 0;
        } catch (int) { // NOLINT(bugprone-empty-catch)
        }
    });
}

bool program_code::is_own(std::uintptr_t pc) noexcept {
    return own_code.contain(pc);
}

bool program_code::is_unwinder_safe() noexcept {
    return !unwinder.empty();
}

bool program_code::is_unwinder(std::uintptr_t pc) noexcept {
    return unwinder.contain(pc);
}

bool program_code::may_be_left(std::uintptr_t pc) noexcept {
    return own_code.contain(pc) || lockless.contain(pc);
}

} // namespace fiberscope::detail

void fiberscope::trust_module(const void* symbol) {
    const detail::RuntimeCall in_runtime;
    detail::program_code::trust(symbol);
}
