// SPDX-License-Identifier: BSL-1.0
/// Which blocks of memory a message reaches: where Fiberscope::Allocation counts, they are its receiver's once it is sent.
#pragma once

#include <fiberscope/fields.hpp>
#include <fiberscope/message_value.hpp>
#include <fiberscope/term.hpp>

#include <boost/pfr/core.hpp>
#include <boost/system/result.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace FIBERSCOPE_API fiberscope {
namespace detail {

/// Is told of block after block, by the address that the allocator has given out.
class BlockVisitor {
public:
    using Take = void (*)(void* context, const void* block) noexcept;

    BlockVisitor(Take taker, void* context) noexcept : take_{taker}, context_{context} {}

    void take(const void* block) noexcept {
        if (block != nullptr)
            take_(context_, block);
    }
    /// Calls `visit` for the parts of a value. What lies too deep stays its maker's: a stack has an end.
    template <class Visit>
    void go_into(Visit visit) noexcept {
        constexpr int deepest = 64;
        if (depth_ == deepest)
            return;
        ++depth_;
        visit();
        --depth_;
    }

private:
    Take take_;
    void* context_;
    int depth_ = 0;
};

/// How the blocks of a T are found. This one: there are none, or nobody can look into it. What several share (shared_ptr, a
/// Term that was copied) stays its maker's; so do the tables of a deque and of hashed containers, which show them to nobody.
template <class T>
struct BlocksOf {
    static constexpr bool any = false;
    static void visit(const T& /*value*/, BlockVisitor& /*visitor*/) noexcept {}
};

template <class T>
void visit_blocks(const T& value, BlockVisitor& visitor) noexcept {
    if constexpr (BlocksOf<T>::any)
        visitor.go_into([&] { BlocksOf<T>::visit(value, visitor); });
}

template <class... T>
constexpr bool any_blocks(TypeList<T...>) {
    return (BlocksOf<T>::any || ...);
}

/// Of all elements.
template <class Container>
void visit_elements(const Container& container, BlockVisitor& visitor) noexcept {
    if constexpr (BlocksOf<typename Container::value_type>::any)
        for (const auto& element : container)
            visit_blocks(element, visitor);
}

/// The block of the node that an iterator of the standard library stands at.
template <class Iterator>
const void* node_at(const Iterator& at) noexcept {
    if constexpr (requires { at._M_node; })
        return at._M_node;
    else if constexpr (requires { at._M_cur; })
        return at._M_cur;
    else
        return node_at(at.base()); // with _GLIBCXX_DEBUG
}

/// Of containers that hold each element in a node of its own.
template <class Container>
struct BlocksOfNodes {
    static constexpr bool any = true;
    static void visit(const Container& container, BlockVisitor& visitor) noexcept {
        for (auto at = container.begin(); at != container.end(); ++at) {
            visitor.take(node_at(at));
            visit_blocks(*at, visitor);
        }
    }
};

#if _GLIBCXX_USE_CXX11_ABI // before, a string's text is not where its block begins
template <class C, class Traits>
struct BlocksOf<std::basic_string<C, Traits>> {
    static constexpr bool any = true;
    static void visit(const std::basic_string<C, Traits>& text, BlockVisitor& visitor) noexcept {
        const auto* const begin = reinterpret_cast<const char*>(&text);
        const auto* const data = reinterpret_cast<const char*>(text.data());
        if (const std::less<> before; before(data, begin) || !before(data, begin + sizeof text)) // else it holds the text itself
            visitor.take(data);
    }
};
#endif

template <class T>
struct BlocksOf<std::vector<T>> {
    static constexpr bool any = true;
    static void visit(const std::vector<T>& vector, BlockVisitor& visitor) noexcept {
        if (vector.capacity() == 0)
            return;
        visitor.take(vector.data());
        visit_elements(vector, visitor);
    }
};
template <>
struct BlocksOf<std::vector<bool>> {
    static constexpr bool any = true;
    static void visit(const std::vector<bool>& vector, BlockVisitor& visitor) noexcept {
        if (vector.capacity() != 0)
            visitor.take(words_at(vector.begin()));
    }
    template <class Iterator>
    static const void* words_at(const Iterator& at) noexcept {
        if constexpr (requires { at._M_p; })
            return at._M_p;
        else
            return words_at(at.base());
    }
};
template <class T>
struct BlocksOf<std::deque<T>> {
    static constexpr bool any = true;
    static void visit(const std::deque<T>& deque, BlockVisitor& visitor) noexcept {
        visit_pieces(deque.begin(), deque.end(), visitor);
        visit_elements(deque, visitor);
    }
    template <class Iterator>
    static void visit_pieces(const Iterator& begin, const Iterator& end, BlockVisitor& visitor) noexcept {
        if constexpr (requires { begin._M_node; })
            for (auto piece = begin._M_node; piece <= end._M_node; ++piece)
                visitor.take(*piece);
        else
            visit_pieces(begin.base(), end.base(), visitor);
    }
};
template <class T>
struct BlocksOf<std::list<T>> : BlocksOfNodes<std::list<T>> {};
template <class T, class C>
struct BlocksOf<std::set<T, C>> : BlocksOfNodes<std::set<T, C>> {};
template <class T, class H, class E>
struct BlocksOf<std::unordered_set<T, H, E>> : BlocksOfNodes<std::unordered_set<T, H, E>> {};
template <class K, class T, class C>
struct BlocksOf<std::map<K, T, C>> : BlocksOfNodes<std::map<K, T, C>> {};
template <class K, class T, class H, class E>
struct BlocksOf<std::unordered_map<K, T, H, E>> : BlocksOfNodes<std::unordered_map<K, T, H, E>> {};

template <class T>
struct BlocksOf<std::optional<T>> {
    static constexpr bool any = BlocksOf<T>::any;
    static void visit(const std::optional<T>& optional, BlockVisitor& visitor) noexcept {
        if (optional)
            visit_blocks(*optional, visitor);
    }
};
template <class T, std::size_t N>
struct BlocksOf<std::array<T, N>> {
    static constexpr bool any = BlocksOf<T>::any;
    static void visit(const std::array<T, N>& array, BlockVisitor& visitor) noexcept { visit_elements(array, visitor); }
};
template <class A, class B>
struct BlocksOf<std::pair<A, B>> {
    static constexpr bool any = BlocksOf<std::remove_const_t<A>>::any || BlocksOf<B>::any;
    static void visit(const std::pair<A, B>& pair, BlockVisitor& visitor) noexcept {
        visit_blocks<std::remove_const_t<A>>(pair.first, visitor);
        visit_blocks(pair.second, visitor);
    }
};
template <class... T>
struct BlocksOf<std::tuple<T...>> {
    static constexpr bool any = any_blocks(TypeList<T...>{});
    static void visit(const std::tuple<T...>& tuple, BlockVisitor& visitor) noexcept {
        std::apply([&visitor](const T&... part) { (visit_blocks(part, visitor), ...); }, tuple);
    }
};
template <class... T>
struct BlocksOf<std::variant<T...>> {
    static constexpr bool any = any_blocks(TypeList<T...>{});
    static void visit(const std::variant<T...>& variant, BlockVisitor& visitor) noexcept {
        if (!variant.valueless_by_exception())
            std::visit([&visitor](const auto& value) { visit_blocks(value, visitor); }, variant);
    }
};

/// What `new T` gives back is its block, unless T has an `operator new` of its own, or may be a part of something derived.
template <class T>
inline constexpr bool is_block = !(std::is_polymorphic_v<T> && !std::is_final_v<T>)&&!requires {
    T::operator new (std::size_t{});
};
template <class T>
struct BlocksOf<std::unique_ptr<T>> {
    static constexpr bool any = true;
    static void visit(const std::unique_ptr<T>& pointer, BlockVisitor& visitor) noexcept {
        if (pointer == nullptr)
            return;
        visit_blocks<std::remove_cv_t<T>>(*pointer, visitor);
        if constexpr (is_block<T>)
            visitor.take(pointer.get());
    }
};

template <>
struct BlocksOf<Term> {
    static constexpr bool any = true;
    static void visit(const Term& term, BlockVisitor& visitor) noexcept;
};
template <>
struct BlocksOf<ExitReason> {
    static constexpr bool any = true;
    static void visit(const ExitReason& reason, BlockVisitor& visitor) noexcept { visit_blocks(reason.term(), visitor); }
};
template <>
struct BlocksOf<Error> {
    static constexpr bool any = true;
    static void visit(const Error& error, BlockVisitor& visitor) noexcept { visit_blocks(error.term, visitor); }
};
template <class T, class E>
struct BlocksOf<boost::system::result<T, E>> {
    static constexpr bool any = BlocksOf<T>::any || BlocksOf<E>::any;
    static void visit(const boost::system::result<T, E>& result, BlockVisitor& visitor) noexcept {
        if (result.has_value())
            visit_blocks(*result, visitor);
        else
            visit_blocks(result.error(), visitor);
    }
};

/// An aggregate that is a message by its fields.
template <class T>
concept MessageOfFields = PlainAggregate<T> && !std::is_empty_v<T> && !std::is_trivially_copyable_v<T> && !requires {
    is_standard_message<T>::value;
}
&&!requires {
    typename is_standard_message<T>::Parts;
}
&&default_fault_of<T>() == MessageFault::none;

struct VisitBlocksOfFields {
    BlockVisitor& visitor;
    template <class... Declared, class... T>
    void operator()(const T&... fields) const noexcept {
        (visit_blocks(fields, visitor), ...);
    }
};

template <MessageOfFields T>
struct BlocksOf<T> {
    static constexpr bool any = any_blocks(field_types<T>());
    static void visit(const T& value, BlockVisitor& visitor) noexcept {
        constexpr std::size_t count = field_count<T>();
        if constexpr (count > 0 && count <= most_fields_bound)
            visit_fields<count>(value, VisitBlocksOfFields{visitor});
        else if constexpr (count > 0)
            boost::pfr::for_each_field(value, [&visitor](const auto& field) { visit_blocks(field, visitor); });
    }
};

template <class T>
void visit_blocks_of_value(const void* value, BlockVisitor& visitor) noexcept {
    visit_blocks(*static_cast<const T*>(value), visitor);
}

using VisitBlocks = void (*)(const void* value, BlockVisitor& visitor) noexcept;
/// nullptr: a T reaches no block.
template <class T>
constexpr VisitBlocks block_visit_of() {
    if constexpr (BlocksOf<T>::any)
        return &visit_blocks_of_value<T>;
    else
        return nullptr;
}

} // namespace detail
} // namespace fiberscope
