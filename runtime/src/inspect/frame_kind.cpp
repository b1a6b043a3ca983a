// SPDX-License-Identifier: BSL-1.0
#include "inspect/frame_kind.hpp"

#include "base/readable_name.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace fiberscope::detail {
namespace {

template <std::size_t Count, class Test>
bool any(const std::array<std::string_view, Count>& candidates, Test test) {
    return std::any_of(candidates.begin(), candidates.end(), test);
}

/// The runtime's own, and the fibers that it stands on.
bool is_of_runtime(std::string_view name, std::string_view file, std::string_view module) {
    constexpr std::array<std::string_view, 4> places{"/runtime/src/", "/include/fiberscope/", "/boost/context/", "/boost/fiber/"};
    constexpr std::array<std::string_view, 3> modules{"libfiberscope_runtime.", "libboost_context.", "libboost_fiber."};
    constexpr std::array<std::string_view, 4> scopes{
        "fiberscope::detail::", "fiberscope::Process::", "boost::context::", "boost::fibers::"};
    constexpr std::array<std::string_view, 5> assembly{"fiberscope_injected_call", "fiber_entry", "make_fcontext",
                                                       "jump_fcontext", "ontop_fcontext"};
    return any(places, [file](std::string_view place) { return file.find(place) != std::string_view::npos; }) ||
           any(modules, [module](std::string_view start) { return module.starts_with(start); }) ||
           any(scopes, [name](std::string_view scope) { return name.starts_with(scope); }) ||
           any(assembly, [name](std::string_view function) { return name == function; });
}

/// What stands between a caller and the body that it calls. Debug information names some of it without its scopes.
bool is_glue(std::string_view name, std::string_view file) {
    constexpr std::array<std::string_view, 2> files{"/bits/std_function.h", "/bits/invoke.h"};
    constexpr std::array<std::string_view, 4> functions{"BodyOf::run", "run_clause", "std::invoke", "std::invoke_r"};
    constexpr std::array<std::string_view, 5> parts{"_Function_handler", "_M_invoke", "__invoke", "__visit_invoke",
                                                    "std::function::operator()"};
    return any(files, [file](std::string_view end) { return file.ends_with(end); }) ||
           any(functions, [name](std::string_view function) { return name == function; }) ||
           any(parts, [name](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

bool is_of_library(std::string_view file) {
    constexpr std::array<std::string_view, 4> places{"/usr/include/", "/usr/lib/", "/usr/local/include/", "/include/c++/"};
    return any(places, [file](std::string_view place) { return file.starts_with(place); }) ||
           file.find(places.back()) != std::string_view::npos;
}

} // namespace

FrameKind kind_of(const CodeFrame& frame, const CodeModule& module) {
    const std::string name = qualified_function(frame.name);
    if (is_of_runtime(name, frame.file, module.name) || is_glue(name, frame.file))
        return FrameKind::runtime;
    const bool is_elsewhere = module.handle != nullptr && !module.is_program;
    return is_elsewhere || is_of_library(frame.file) ? FrameKind::library : FrameKind::program;
}

} // namespace fiberscope::detail
