// SPDX-License-Identifier: BSL-1.0
/// C++ names as a person reads them in a narrow column.
#pragma once

#include <string>
#include <string_view>

namespace fiberscope::detail {

/// The demangled form; the text itself if it is not a mangled name.
std::string demangle(const char* mangled);

/// A demangled function, closure or class without return type, parameters, template arguments and the outer
/// namespaces: `kv::client`, `Store::handle_call`, `kv::client lambda`, `kv::client lambda 2`.
std::string readable_function(std::string_view demangled);

/// The same with all namespaces, lambdas as the compiler names them: `fiberscope::detail::BodyOf::run`.
std::string qualified_function(std::string_view demangled);

/// The closure that a template or a parameter of this function is made of, demangled; empty if there is none. Without its
/// number if there are several: `each<shop::client(int)::{lambda(int)#2}>(int)` gives `shop::client(int)::{lambda(int)#2}`.
std::string closure_in(std::string_view demangled);

/// The class whose object this function of a wrapper calls; empty if it is no wrapper of a body:
/// `std::_Function_handler<void (int), shop::Client>::_M_invoke(int)` gives `shop::Client`.
std::string functor_in(std::string_view demangled);

/// A demangled type without namespaces, its template arguments in the same form: `Put`, `vector<Put>`, `string`.
std::string readable_type(std::string_view demangled);

} // namespace fiberscope::detail
