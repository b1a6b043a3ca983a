// SPDX-License-Identifier: BSL-1.0
/// What may be sent from one process to another.
#pragma once

#include <fiberscope/fields.hpp>
#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <array>
#include <chrono>
#include <complex>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

/// Says that T may be sent: specialise it as `std::true_type` for a class of your own that holds nothing shared.
/// Aggregates of messages need no specialisation.
template <class T>
struct is_message;

namespace detail {

/// True for a standard type that is a message, or the `Parts` that must be; neither: not a standard type.
template <class T>
struct is_standard_message {};
/// A standard type whose parts must be messages.
template <class... T>
struct all_messages {
    using Parts = TypeList<T...>;
};

template <>
struct is_standard_message<Pid> : std::true_type {};
template <>
struct is_standard_message<Ref> : std::true_type {};
template <>
struct is_standard_message<MonitorRef> : std::true_type {};
template <>
struct is_standard_message<TimerRef> : std::true_type {};
template <>
struct is_standard_message<Atom> : std::true_type {};
template <>
struct is_standard_message<Term> : std::true_type {};
template <>
struct is_standard_message<ExitReason> : std::true_type {};
template <>
struct is_standard_message<Error> : std::true_type {};
template <class C, class T>
struct is_standard_message<std::basic_string<C, T>> : std::true_type {};
template <class R, class P>
struct is_standard_message<std::chrono::duration<R, P>> : std::true_type {};
template <class C, class D>
struct is_standard_message<std::chrono::time_point<C, D>> : std::true_type {};
template <class T>
struct is_standard_message<std::complex<T>> : std::true_type {};
template <>
struct is_standard_message<std::monostate> : std::true_type {};
template <class T>
struct is_standard_message<std::vector<T>> : all_messages<T> {};
template <class T>
struct is_standard_message<std::deque<T>> : all_messages<T> {};
template <class T>
struct is_standard_message<std::list<T>> : all_messages<T> {};
template <class T>
struct is_standard_message<std::optional<T>> : all_messages<T> {};
template <class T, std::size_t N>
struct is_standard_message<std::array<T, N>> : all_messages<T> {};
template <class T, class C>
struct is_standard_message<std::set<T, C>> : all_messages<T> {};
template <class T, class H, class E>
struct is_standard_message<std::unordered_set<T, H, E>> : all_messages<T> {};
template <class K, class T, class C>
struct is_standard_message<std::map<K, T, C>> : all_messages<K, T> {};
template <class K, class T, class H, class E>
struct is_standard_message<std::unordered_map<K, T, H, E>> : all_messages<K, T> {};
template <class A, class B>
struct is_standard_message<std::pair<A, B>> : all_messages<A, B> {};
template <class... T>
struct is_standard_message<std::tuple<T...>> : all_messages<T...> {};
template <class... T>
struct is_standard_message<std::variant<T...>> : all_messages<T...> {};
/// A value that nobody may change may be shared; one that has a single owner moves with the message.
template <class T>
struct is_standard_message<std::shared_ptr<const T>> : std::true_type {};
template <class T, class D>
struct is_standard_message<std::unique_ptr<T, D>> : all_messages<T> {};

template <class T>
concept PlainAggregate = std::is_aggregate_v<T> && std::is_class_v<T> && std::is_move_constructible_v<T>;

/// A view of what belongs to another, or shared with others.
template <class T>
inline constexpr bool is_view = std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_reference_v<T>;
template <class C, class T>
inline constexpr bool is_view<std::basic_string_view<C, T>> = true;
template <class T, std::size_t N>
inline constexpr bool is_view<std::span<T, N>> = true;
template <class T>
inline constexpr bool is_view<std::shared_ptr<T>> = !std::is_const_v<T>;
template <class T>
inline constexpr bool is_view<std::weak_ptr<T>> = true;
template <class T>
inline constexpr bool is_view<std::reference_wrapper<T>> = true;
template <class T>
inline constexpr bool is_view<std::function<T>> = true;

/// Why a type is no message.
enum class MessageFault { none, view, array, unmovable, opaque, base, part };

template <class T, class... Outer>
constexpr MessageFault fault_of();

template <class... Outer, class... T>
constexpr MessageFault fault_of_parts(TypeList<T...>) {
    return ((fault_of<T, Outer...>() == MessageFault::none) && ...) ? MessageFault::none : MessageFault::part;
}

template <class T, class... Outer>
constexpr MessageFault fault_of_aggregate() {
    if constexpr (std::is_empty_v<T>)
        return MessageFault::none;
    else if constexpr (HasBase<T>)
        return MessageFault::base;
    else if constexpr (has_array<T>())
        return MessageFault::array;
    else
        return fault_of_parts<T, Outer...>(field_types<T>());
}

/// Without what the user says by `is_message`. `Outer`: of what it is a part.
template <class T, class... Outer>
constexpr MessageFault default_fault_of() {
    if constexpr (is_view<T>)
        return MessageFault::view;
    else if constexpr (std::is_array_v<T>)
        return MessageFault::array;
    else if constexpr (Scalar<T> || requires { is_standard_message<T>::value; })
        return MessageFault::none;
    else if constexpr (requires { typename is_standard_message<T>::Parts; })
        return fault_of_parts<Outer...>(typename is_standard_message<T>::Parts{});
    else if constexpr (!std::is_move_constructible_v<T>)
        return MessageFault::unmovable;
    else if constexpr (PlainAggregate<T>)
        return fault_of_aggregate<T, Outer...>();
    else
        return MessageFault::opaque;
}

template <class T, class... Outer>
constexpr MessageFault fault_of() {
    if constexpr ((std::is_same_v<T, Outer> || ...))
        return MessageFault::none; // a part of itself, in a container
    else if constexpr (requires { typename is_message<T>::Default; })
        return default_fault_of<T, Outer...>();
    else
        return is_message<T>::value ? MessageFault::none : MessageFault::opaque;
}

} // namespace detail

template <class T>
struct is_message {
    using Default = T;
    static constexpr bool value = detail::default_fault_of<T>() == detail::MessageFault::none;
};

/// A value that may cross from one process to another: arithmetic, enum, Pid, Ref, Term, a standard value type of
/// messages, or an aggregate whose fields are messages (itself in a container, too). Not closures, pointers, references,
/// `string_view`, `span`, `shared_ptr` to non-const: through those two processes would share memory.
template <class T>
concept MessageValue = is_message<T>::value && std::is_move_constructible_v<T>;

namespace detail {

template <class... T>
constexpr void check_messages(TypeList<T...>);

/// Compiles only for a message; else says why it is none. A part that is to blame is checked in its turn.
template <class T>
constexpr void check_message() {
    constexpr MessageFault fault = fault_of<T>();
    static_assert(fault != MessageFault::view, "not a message: it shares memory with others (pointer, reference, view, "
                                               "std::function); send a value, or std::shared_ptr<const T>");
    static_assert(fault != MessageFault::array, "not a message: it has a C array; use std::array or std::string");
    static_assert(fault != MessageFault::unmovable,
                  "not a message: a message is moved on its way, and this type cannot be moved");
    static_assert(fault != MessageFault::base,
                  "not a message: it has a base class, into which nobody can look from outside; make "
                  "the base a member, or specialise fiberscope::is_message");
    static_assert(
        fault != MessageFault::opaque,
        "not a message: nobody can look into it from outside (private members, constructors, virtual functions, a closure "
        "or a union); make it a struct of public members, or specialise fiberscope::is_message");
    if constexpr (fault == MessageFault::part) {
        if constexpr (requires { typename is_standard_message<T>::Parts; })
            check_messages(typename is_standard_message<T>::Parts{});
        else
            check_messages(field_types<T>());
    }
}

template <class... T>
constexpr void check_messages(TypeList<T...>) {
    (check_message<T>(), ...);
}

template <class Request>
struct reply_of {
    static_assert(std::is_void_v<Request>,
                  "not a request: it does not name its reply; struct Get { using Reply = std::string; };");
    using Type = std::monostate;
};
template <class Request>
requires requires {
    typename Request::Reply;
}
struct reply_of<Request> {
    using Type = typename Request::Reply;
};

} // namespace detail

/// What a request is answered with: its member type `Reply`.
template <class Request>
using ReplyOf = typename detail::reply_of<Request>::Type;

} // namespace fiberscope
