// SPDX-License-Identifier: BSL-1.0
#include "inspect/inline_chain.hpp"

#include "base/readable_name.hpp"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <cstdlib>
#include <utility>

namespace fiberscope::detail {
namespace {

/// The entries below `parent` whose code contains `pc`, the outermost first. Functions lie below their unit or, with some
/// compilers, in namespaces, classes and other functions: then one has to look everywhere. (`dwarf_getscopes` does not.)
bool add_scopes(Dwarf_Die& parent, Dwarf_Addr pc, bool everywhere, std::vector<Dwarf_Die>& scopes) {
    Dwarf_Die child;
    if (dwarf_child(&parent, &child) != 0)
        return false;
    do {
        if (dwarf_haspc(&child, pc) == 1) {
            scopes.push_back(child);
            add_scopes(child, pc, everywhere, scopes);
            return true;
        }
        if (everywhere && add_scopes(child, pc, everywhere, scopes))
            return true;
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

std::vector<Dwarf_Die> scopes_at(Dwarf_Die& unit, Dwarf_Addr pc) {
    std::vector<Dwarf_Die> scopes;
    if (!add_scopes(unit, pc, false, scopes))
        add_scopes(unit, pc, true, scopes);
    return scopes;
}

/// `die` and those around it, up to its unit.
std::vector<Dwarf_Die> scopes_of(Dwarf_Die& die) {
    Dwarf_Die* found = nullptr;
    const int count = dwarf_getscopes_die(&die, &found);
    std::vector<Dwarf_Die> scopes;
    if (count > 0)
        scopes.assign(found, found + count);
    std::free(found);
    return scopes;
}

/// The compilation unit of a place. Some compilers write no table of their addresses (clang): what lies between the units
/// of others is taken for theirs.
Dwarf_Die* unit_at(Dwfl_Module* module, std::uintptr_t pc, Dwarf_Addr& bias) {
    if (Dwarf_Die* const unit = dwfl_module_addrdie(module, pc, &bias); unit != nullptr && dwarf_haspc(unit, pc - bias) == 1)
        return unit;
    for (Dwarf_Die* unit = nullptr; (unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr;)
        if (dwarf_haspc(unit, pc - bias) == 1)
            return unit;
    return nullptr;
}

Dwarf_Word number(Dwarf_Die& die, unsigned int attribute) {
    Dwarf_Attribute found;
    Dwarf_Word value = 0;
    dwarf_formudata(dwarf_attr(&die, attribute, &found), &value);
    return value;
}

/// What `die` refers to, itself if it refers to nothing.
Dwarf_Die referred(Dwarf_Die die, unsigned int attribute) {
    Dwarf_Attribute found;
    Dwarf_Die target;
    return dwarf_formref_die(dwarf_attr(&die, attribute, &found), &target) != nullptr ? target : die;
}

bool has(Dwarf_Die& die, unsigned int attribute) {
    Dwarf_Attribute found;
    return dwarf_attr_integrate(&die, attribute, &found) != nullptr;
}

std::string text(Dwarf_Die& die) {
    const char* const name = dwarf_diename(&die);
    return name != nullptr ? name : "";
}

std::string linkage_name(Dwarf_Die& function) {
    Dwarf_Attribute found;
    const char* const mangled = dwarf_formstring(dwarf_attr_integrate(&function, DW_AT_linkage_name, &found));
    return mangled != nullptr ? demangle(mangled) : std::string{};
}

/// The name that a namespace or class adds to what lies in it; a class without a name that can be called is a lambda's.
std::string scope_name(Dwarf_Die& scope, const std::string& inner) {
    const int tag = dwarf_tag(&scope);
    const bool is_class = tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
    if (!is_class && tag != DW_TAG_namespace)
        return {};
    const std::string name = text(scope);
    return name.empty() && is_class && inner.starts_with("operator()") ? "<lambda()>" : name;
}

/// Internal functions have no linkage name; what lies around their declaration is found with `-g`, not with `-g1`.
std::string full_name(Dwarf_Die& function) {
    if (std::string linked = linkage_name(function); !linked.empty())
        return linked;
    Dwarf_Die declared = referred(referred(function, DW_AT_abstract_origin), DW_AT_specification);
    std::vector<Dwarf_Die> scopes = scopes_of(declared);
    std::string name = text(function);
    for (std::size_t i = 1; i < scopes.size(); ++i)
        if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
            return full_name(scopes[i]) + "::" + name;
        else if (const std::string outer = scope_name(scopes[i], name); !outer.empty())
            name = outer + "::" + name;
    return name;
}

void set_name(CodeFrame& frame, Dwarf_Die& function) {
    frame.name = full_name(function);
    frame.is_lambda = frame.name.starts_with("operator()") && // a class that has one tells where it is declared
                      (has(function, DW_AT_artificial) || !has(function, DW_AT_decl_line));
}

/// Where an inlined function was called: the place of the one that it was inlined into.
void set_call_site(CodeFrame& caller, Dwarf_Die& unit, Dwarf_Die& inlined) {
    Dwarf_Files* files = nullptr;
    std::size_t count = 0;
    caller.line = static_cast<int>(number(inlined, DW_AT_call_line));
    if (dwarf_getsrcfiles(&unit, &files, &count) != 0)
        return;
    const char* const file = dwarf_filesrc(files, number(inlined, DW_AT_call_file), nullptr, nullptr);
    caller.file = file != nullptr ? file : "";
}

void set_line(CodeFrame& frame, Dwarf_Die& unit, Dwarf_Addr pc) {
    Dwarf_Line* const line = dwarf_getsrc_die(&unit, pc);
    if (line == nullptr)
        return;
    dwarf_lineno(line, &frame.line);
    const char* const file = dwarf_linesrc(line, nullptr, nullptr);
    frame.file = file != nullptr ? file : "";
}

} // namespace

std::vector<CodeFrame> inline_chain(const CodeModule& module, std::uintptr_t pc, std::string symbol) {
    std::vector<CodeFrame> chain(1);
    Dwarf_Addr bias = 0;
    if (Dwarf_Die* const unit = module.handle != nullptr ? unit_at(module.handle, pc, bias) : nullptr) {
        set_line(chain.back(), *unit, pc - bias);
        std::vector<Dwarf_Die> scopes = scopes_at(*unit, pc - bias);
        for (auto scope = scopes.rbegin(); scope != scopes.rend() && dwarf_tag(&*scope) != DW_TAG_subprogram; ++scope) {
            if (dwarf_tag(&*scope) != DW_TAG_inlined_subroutine)
                continue; // a block
            chain.back().is_inlined = true;
            set_name(chain.back(), *scope);
            set_call_site(chain.emplace_back(), *unit, *scope);
        }
    }
    chain.back().name = std::move(symbol);
    return chain;
}

} // namespace fiberscope::detail
