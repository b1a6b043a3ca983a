// SPDX-License-Identifier: BSL-1.0
#include "scheduler/program_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>
#include <string_view>

#include <dlfcn.h>
#include <link.h>

namespace fiberscope::detail {

namespace {

struct CodeRange {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

/// Executable segments. Filled once, before any handler is installed.
template <std::size_t Most>
struct CodeRanges {
    std::array<CodeRange, Most> ranges;
    std::size_t count = 0;

    void add(CodeRange range) noexcept {
        if (count < ranges.size())
            ranges[count++] = range;
    }
    void add(const dl_phdr_info& object) noexcept {
        for (int i = 0; i < object.dlpi_phnum; ++i) {
            const auto& segment = object.dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0)
                continue;
            const std::uintptr_t begin = object.dlpi_addr + segment.p_vaddr;
            add({begin, begin + segment.p_memsz});
        }
    }
    bool contain(std::uintptr_t pc) const noexcept {
        return std::any_of(ranges.begin(), ranges.begin() + static_cast<std::ptrdiff_t>(count),
                           [pc](const CodeRange& range) { return pc >= range.begin && pc < range.end; });
    }
};

CodeRanges<8> own_code;
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
    if (own_code.count == 0) // the program is the first
        own_code.add(*object);
    else if (is("/libgcc_s.so"))
        unwinder.add(*object);
    else if (is("/libstdc++.so") || is("/libm.so"))
        lockless.add(*object);
    return 0;
}

} // namespace

void program_code::find() {
    static std::once_flag once;
    std::call_once(once, [] {
        ::dl_iterate_phdr(&add_object, nullptr);
        add_string_functions();
        // With _dl_find_object the unwinder takes no lock; it sets itself up at the first throw. Code that throws a lot
        // spends nearly all of its time there, and could hardly be interrupted else.
        if (::dlsym(RTLD_DEFAULT, "_dl_find_object") == nullptr)
            unwinder = {};
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
    return unwinder.count > 0;
}

bool program_code::is_unwinder(std::uintptr_t pc) noexcept {
    return unwinder.contain(pc);
}

bool program_code::may_be_left(std::uintptr_t pc) noexcept {
    return own_code.contain(pc) || lockless.contain(pc);
}

} // namespace fiberscope::detail
