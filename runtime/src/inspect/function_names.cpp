// SPDX-License-Identifier: BSL-1.0
#include "inspect/function_names.hpp"

#include "base/intern.hpp"
#include "base/readable_name.hpp"
#include "inspect/code_modules.hpp"
#include "inspect/frame_kind.hpp"
#include "inspect/inline_chain.hpp"
#include "inspect/loaded_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

#include <dlfcn.h>

namespace fiberscope::detail {
namespace {

std::string place_without_symbol(const CodeModule& module, std::uintptr_t pc) {
    if (module.handle != nullptr)
        return fmt::format("{}+{:#x}", module.name, pc - module.start);
    Dl_info loaded{}; // knows them also where /proc cannot be read
    if (::dladdr(reinterpret_cast<void*>(pc), &loaded) == 0 || loaded.dli_fname == nullptr)
        return fmt::format("{:#x}", pc);
    return fmt::format("{}+{:#x}", ::basename(loaded.dli_fname), pc - reinterpret_cast<std::uintptr_t>(loaded.dli_fbase));
}

std::string readable_name(const CodeModule& module, std::uintptr_t pc, const std::string& symbol) {
    return symbol.empty() ? place_without_symbol(module, pc) : readable_function(symbol);
}

/// With `-g1` a lambda that was inlined is an `operator()` of nobody. What it was handed to is named after it; one that was
/// handed to nobody is called by the function that it stands in.
void name_lambda(std::vector<CodeFrame>& chain, std::size_t lambda, const std::vector<FrameInfo>& frames) {
    for (std::size_t i = lambda + 1; i < chain.size(); ++i)
        if (std::string closure = closure_in(chain[i].name); !closure.empty()) {
            chain[lambda].name = std::move(closure);
            return;
        } else if (frames[i].kind == FrameKind::program) {
            chain[lambda].name = chain[i].name + "::<lambda()>";
            return;
        }
    chain[lambda].name = "<lambda()>";
}

/// The same for an object of a class that can be called: the wrapper that calls it tells its class.
void name_functor(std::vector<CodeFrame>& chain, std::size_t functor) {
    for (std::size_t i = functor + 1; i < chain.size(); ++i)
        if (const std::string type = functor_in(chain[i].name); !type.empty()) {
            chain[functor].name = type + "::operator()";
            return;
        }
}

std::vector<FrameInfo> read_frames(const CodeModule& module, std::uintptr_t pc) {
    const std::string symbol = module.handle != nullptr ? symbol_at(module, pc) : std::string{};
    std::vector<CodeFrame> chain =
        module.is_system ? std::vector<CodeFrame>{{symbol, {}, 0, false, false}} : inline_chain(module, pc, symbol);
    std::vector<FrameInfo> frames;
    for (const CodeFrame& code : chain)
        frames.push_back({{}, code.file, code.line, kind_of(code, module), code.is_inlined, 1});
    for (std::size_t i = chain.size(); i-- > 0;) { // from the outermost on: it decides about those in it
        if (frames[i].is_inlined && frames[i].kind == FrameKind::library && frames[i + 1].kind == FrameKind::runtime)
            frames[i].kind = FrameKind::runtime; // what the runtime uses is no call of the program's
        if (chain[i].is_lambda)
            name_lambda(chain, i, frames);
        else if (chain[i].name == "operator()")
            name_functor(chain, i);
        frames[i].function = chain[i].name.empty() ? place_without_symbol(module, pc) : readable_function(chain[i].name);
        if (frames[i].file.empty() && !module.is_program)
            frames[i].file = module.name;
    }
    return frames;
}

bool is_same(const FrameInfo& left, const FrameInfo& right) {
    return left.line == right.line && left.kind == right.kind && left.function == right.function && left.file == right.file;
}

/// A recursion is one line, even if the compiler inlined each second call of it.
void append(std::vector<FrameInfo>& stack, const std::vector<FrameInfo>& frames) {
    for (const FrameInfo& frame : frames)
        if (!stack.empty() && is_same(stack.back(), frame)) {
            ++stack.back().times;
            stack.back().is_inlined = frame.is_inlined;
        } else
            stack.push_back(frame);
}

/// `1,290`
std::string grouped(std::uint32_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;)
        text.insert(at -= 3, 1, ',');
    return text;
}

FrameInfo gap(std::uint32_t frames) {
    FrameInfo frame;
    frame.function = fmt::format("... {} {} left out ...", grouped(frames), frames == 1 ? "frame" : "frames");
    return frame;
}

FrameInfo unloaded() {
    FrameInfo frame;
    frame.function = "unloaded code";
    return frame;
}

} // namespace

struct FunctionNames::Symbols {
    std::mutex mutex; ///< protects all below
    std::unordered_map<std::uintptr_t, std::uint32_t> names_by_address;
    std::unordered_map<std::string, std::uint32_t> names_by_type;
    std::unordered_map<std::uintptr_t, std::vector<FrameInfo>> frames;
    CodeModules modules;
    LoadedCode loaded;
    std::uint64_t generation = 0;

    /// To be called first.
    void refresh() {
        if (!loaded.refresh())
            return;
        names_by_address.clear();
        frames.clear();
        ++generation;
    }

    std::uint32_t id_of_address(std::uintptr_t pc) {
        const auto [entry, is_new] = names_by_address.try_emplace(pc, 0);
        if (is_new) {
            const CodeModule module = modules.module_of(pc);
            entry->second = intern(readable_name(module, pc, module.handle != nullptr ? symbol_at(module, pc) : std::string{}));
        }
        return entry->second;
    }

    const std::vector<FrameInfo>& frames_at(std::uintptr_t pc) {
        const auto [entry, is_new] = frames.try_emplace(pc);
        if (is_new)
            entry->second = read_frames(modules.module_of(pc), pc);
        return entry->second;
    }
};

FunctionNames::FunctionNames() : symbols_{std::make_unique<Symbols>()} {}

FunctionNames::~FunctionNames() = default;

FunctionNames& FunctionNames::instance() {
    static FunctionNames& the_names = *new FunctionNames; // asked by threads that end with the program
    return the_names;
}

std::uint64_t FunctionNames::generation() {
    const std::lock_guard lock{symbols_->mutex};
    symbols_->refresh();
    return symbols_->generation;
}

bool FunctionNames::was_there(std::uintptr_t address, std::chrono::system_clock::time_point at) {
    const std::lock_guard lock{symbols_->mutex};
    symbols_->refresh();
    return symbols_->loaded.was_there(address, at);
}

void FunctionNames::forget_unloaded(RawStack& stack, std::chrono::system_clock::time_point at) {
    const std::lock_guard lock{symbols_->mutex};
    symbols_->refresh();
    for (std::uintptr_t& address : stack.addresses)
        if (!symbols_->loaded.was_there(address - 1, at))
            address = 0;
}

std::uint32_t FunctionNames::id_of_address(std::uintptr_t pc) {
    if (pc == 0)
        return 0;
    const std::lock_guard lock{symbols_->mutex};
    symbols_->refresh();
    return symbols_->id_of_address(pc);
}

std::uint32_t FunctionNames::id_of_program_code(std::uintptr_t pc) {
    const std::lock_guard lock{symbols_->mutex};
    symbols_->refresh();
    const std::vector<FrameInfo>& frames = symbols_->frames_at(pc);
    const auto found =
        std::find_if(frames.begin(), frames.end(), [](const FrameInfo& frame) { return frame.kind == FrameKind::program; });
    return found != frames.end() ? intern(found->function) : 0;
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

std::vector<FrameInfo> FunctionNames::frames_at(std::uintptr_t pc) {
    const std::lock_guard lock{symbols_->mutex};
    symbols_->refresh();
    return symbols_->frames_at(pc);
}

std::vector<FrameInfo> FunctionNames::frames_of(const RawStack& stack) {
    std::vector<FrameInfo> frames;
    const std::size_t gap_at =
        stack.left_out == 0 ? stack.addresses.size() + 1 : std::min<std::size_t>(stack.left_out_after, stack.addresses.size());
    const std::lock_guard lock{symbols_->mutex};
    symbols_->refresh();
    for (std::size_t i = 0; i <= stack.addresses.size(); ++i) {
        if (i == gap_at)
            frames.push_back(gap(stack.left_out));
        if (i == stack.addresses.size())
            break;
        if (stack.addresses[i] == 0)
            append(frames, {unloaded()});
        else
            append(frames, symbols_->frames_at(stack.addresses[i] - 1));
    }
    return frames;
}

} // namespace fiberscope::detail
