// SPDX-License-Identifier: BSL-1.0
/// What a message is made of, found by the compiler: Boost.PFR counts the fields, a structured binding names them.
#pragma once

#include <fiberscope/config.hpp>

#include <boost/pfr/core.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace FIBERSCOPE_API fiberscope {
namespace detail {

template <class... T>
struct TypeList {};

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

/// Larger ones are not taken apart: Boost.PFR looks for as many fields as a type has bits, which takes minutes and gigabytes.
inline constexpr std::size_t most_bytes_taken_apart = std::size_t{16} * 1024;

/// How many fields a struct has.
template <class T>
constexpr std::size_t field_count() {
    static_assert(sizeof(T) <= most_bytes_taken_apart,
                  "a message holds more than 16 KiB by value: keep that in a std::vector, std::string or std::unique_ptr");
    if constexpr (sizeof(T) <= most_bytes_taken_apart)
        return boost::pfr::tuple_size_v<T>;
    else
        return 0;
}

/// Up to so many fields a structured binding of ours, which takes bit-fields, too; beyond that Boost.PFR's.
inline constexpr std::size_t most_fields_bound = 12;

/// Calls `visit.template operator()<decltype(field)...>(field...)` with one to six fields of `value`.
template <std::size_t N, class T, class Visit>
constexpr decltype(auto) visit_few_fields(const T& value, Visit& visit) {
    if constexpr (N == 1) {
        const auto& [a] = value;
        return visit.template operator()<decltype(a)>(a);
    } else if constexpr (N == 2) {
        const auto& [a, b] = value;
        return visit.template operator()<decltype(a), decltype(b)>(a, b);
    } else if constexpr (N == 3) {
        const auto& [a, b, c] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c)>(a, b, c);
    } else if constexpr (N == 4) {
        const auto& [a, b, c, d] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d)>(a, b, c, d);
    } else if constexpr (N == 5) {
        const auto& [a, b, c, d, e] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e)>(a, b, c, d, e);
    } else {
        static_assert(N == 6);
        const auto& [a, b, c, d, e, f] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f)>(a, b, c, d,
                                                                                                                       e, f);
    }
}

/// The same with one to twelve.
template <std::size_t N, class T, class Visit>
constexpr decltype(auto) visit_fields(const T& value, Visit visit) {
    if constexpr (N <= 6)
        return visit_few_fields<N>(value, visit);
    else if constexpr (N == 7) {
        const auto& [a, b, c, d, e, f, g] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), //
                                         decltype(g)>(a, b, c, d, e, f, g);
    } else if constexpr (N == 8) {
        const auto& [a, b, c, d, e, f, g, h] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), //
                                         decltype(g), decltype(h)>(a, b, c, d, e, f, g, h);
    } else if constexpr (N == 9) {
        const auto& [a, b, c, d, e, f, g, h, i] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), //
                                         decltype(g), decltype(h), decltype(i)>(a, b, c, d, e, f, g, h, i);
    } else if constexpr (N == 10) {
        const auto& [a, b, c, d, e, f, g, h, i, j] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), //
                                         decltype(g), decltype(h), decltype(i), decltype(j)>(a, b, c, d, e, f, g, h, i, j);
    } else if constexpr (N == 11) {
        const auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), //
                                         decltype(g), decltype(h), decltype(i), decltype(j), decltype(k)>(a, b, c, d, e, f, g, h,
                                                                                                          i, j, k);
    } else {
        static_assert(N == most_fields_bound);
        const auto& [a, b, c, d, e, f, g, h, i, j, k, l] = value;
        return visit.template operator()<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), //
                                         decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l)>(
            a, b, c, d, e, f, g, h, i, j, k, l);
    }
}

/// The types of the fields, references as such.
struct FieldTypes {
    template <class... Declared, class... T>
    constexpr auto operator()(const T&... /*fields*/) const {
        return TypeList<std::conditional_t<std::is_reference_v<Declared>, Declared, std::remove_cv_t<Declared>>...>{};
    }
};

template <class T, std::size_t... I>
auto field_types_by_pfr(std::index_sequence<I...>) -> TypeList<std::remove_cv_t<boost::pfr::tuple_element_t<I, T>>...>;

template <class T>
constexpr auto field_types() {
    constexpr std::size_t count = field_count<T>();
    if constexpr (count == 0)
        return TypeList<>{};
    else if constexpr (count <= most_fields_bound)
        return decltype(visit_fields<count>(std::declval<const T&>(), FieldTypes{})){};
    else
        return decltype(field_types_by_pfr<T>(std::make_index_sequence<count>{})){};
}

// -- what cannot be taken apart ----

/// Turns into anything: stands for a field.
struct AnyField {
    template <class T>
    operator T() const noexcept; // NOLINT(google-explicit-constructor)
};
template <std::size_t>
using AnyFieldAt = AnyField;

/// Turns into any number or enumerator. (In braces, a class would have members made for it.)
struct AnyNumber {
    template <Scalar T>
    operator T() const noexcept; // NOLINT(google-explicit-constructor)
};

struct NoField {};

template <class Base, class T>
concept BaseOf = std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>;

/// Turns into a base class of T, but not into T.
template <class T>
struct AnyBaseOf {
    template <BaseOf<T> Base>
    operator Base() const noexcept; // NOLINT(google-explicit-constructor)
};

template <class T, class First>
concept MadeOf = requires {
    T{First{}};
};

/// An aggregate with a base class: that is its first element.
template <class T>
concept HasBase = MadeOf<T, AnyBaseOf<T>> && !MadeOf<T, NoField>;

template <class T, std::size_t... Before, std::size_t... After>
constexpr bool takes_pair_at(std::index_sequence<Before...>, std::index_sequence<After...>) {
    return requires {
        T{AnyFieldAt<Before>{}..., {AnyNumber{}, AnyNumber{}}, AnyFieldAt<After>{}...};
    };
}

/// True if a C array of numbers begins at the element `At` of `Count`: braces there take up more elements than one.
template <class T, std::size_t At, std::size_t Count>
constexpr bool array_is_at() {
    constexpr auto before = std::make_index_sequence<At>{};
    return takes_pair_at<T>(before, std::index_sequence<>{}) &&
           !takes_pair_at<T>(before, std::make_index_sequence<Count - At - 1>{});
}

/// True if T has a C array of numbers, of text above all. (Boost.PFR counts its elements as fields.)
template <class T, std::size_t At = 0>
constexpr bool has_array() {
    constexpr std::size_t most_looked_at = 32;
    constexpr std::size_t count = field_count<T>();
    if constexpr (At >= count || At >= most_looked_at)
        return false;
    else if constexpr (array_is_at<T, At, count>())
        return true;
    else
        return has_array<T, At + 1>();
}

} // namespace detail
} // namespace fiberscope
