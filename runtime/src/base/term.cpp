// SPDX-License-Identifier: BSL-1.0
#include "base/intern.hpp"

#include <fiberscope/message_memory.hpp>
#include <fiberscope/term.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace fiberscope {

namespace detail {

/// What a Term points to if one word cannot hold it. Never changed after it is made.
struct FIBERSCOPE_HIDDEN TermNode {
    using Value = std::variant<std::int64_t, double, std::string, Pid, Ref, std::vector<Term>>;

    TermNode(Term::Kind node_kind, Value node_value) : kind{node_kind}, value{std::move(node_value)} {}

    std::atomic<std::uint32_t> references{1}; ///< Terms that point here; written by any
    const Term::Kind kind;
    Value value;
};

} // namespace detail

using detail::TermNode;

namespace {

constexpr std::uintptr_t tag_mask = 3U;
constexpr std::uintptr_t small_integer_tag = 2U;
constexpr std::int64_t small_integer_max = (std::int64_t{1} << 61) - 1;
constexpr std::int64_t small_integer_min = -small_integer_max - 1;

TermNode* make_node(Term::Kind kind, TermNode::Value value) {
    return new TermNode{kind, std::move(value)};
}

} // namespace

Term::Term(Pid pid) : Term{make_node(Kind::pid, pid)} {}

Term::Term(Ref ref) : Term{make_node(Kind::ref, ref)} {}

Term Term::integer(std::int64_t value) {
    if (value < small_integer_min || value > small_integer_max)
        return Term{make_node(Kind::integer, value)};
    Term term;
    term.word_ = (static_cast<std::uintptr_t>(value) << 2U) | small_integer_tag;
    return term;
}

Term Term::floating(double value) {
    if (std::isnan(value))
        return atom("nan");
    if (std::isinf(value))
        return atom(value > 0 ? "infinity" : "-infinity");
    return Term{make_node(Kind::floating, value)};
}

Term Term::string(std::string_view text) {
    return Term{make_node(Kind::string, std::string{text})};
}

Term Term::tuple(std::initializer_list<Term> elements) {
    return tuple(std::span{elements.begin(), elements.size()});
}

Term Term::tuple(std::span<const Term> elements) {
    return Term{make_node(Kind::tuple, std::vector<Term>{elements.begin(), elements.end()})};
}

Term Term::list(std::initializer_list<Term> elements) {
    return list(std::span{elements.begin(), elements.size()});
}

Term Term::list(std::span<const Term> elements) {
    return Term{make_node(Kind::list, std::vector<Term>{elements.begin(), elements.end()})};
}

Term::Term(const Term& other) noexcept : word_{other.word_} {
    if (TermNode* shared = node())
        shared->references.fetch_add(1, std::memory_order_relaxed);
}

Term& Term::operator=(const Term& other) noexcept {
    Term copy{other};
    std::swap(word_, copy.word_);
    return *this;
}

Term& Term::operator=(Term&& other) noexcept {
    Term taken{std::move(other)};
    std::swap(word_, taken.word_);
    return *this;
}

// Frees nested tuples in a loop: a reason that was wrapped at each of a thousand hops must not overflow a stack.
Term::~Term() {
    TermNode* const first = node();
    if (first == nullptr || first->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
    std::vector<Term> orphans;
    for (TermNode* dead = first; dead != nullptr;) {
        if (auto* elements = std::get_if<std::vector<Term>>(&dead->value))
            std::copy_if(std::move_iterator{elements->begin()}, std::move_iterator{elements->end()}, std::back_inserter(orphans),
                         [](const Term& element) { return element.node() != nullptr; });
        delete dead;
        dead = nullptr;
        while (dead == nullptr && !orphans.empty()) {
            TermNode* const element = orphans.back().node();
            orphans.back().word_ = 1U;
            orphans.pop_back();
            if (element->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
                dead = element;
        }
    }
}

TermNode* Term::node() const noexcept {
    return (word_ & tag_mask) == 0 ? reinterpret_cast<TermNode*>(word_) : nullptr;
}

/// Where nobody else holds it.
void Term::visit_blocks(detail::BlockVisitor& visitor) const noexcept {
    const TermNode* const own = node();
    if (own == nullptr || own->references.load(std::memory_order_relaxed) != 1)
        return;
    visitor.take(own);
    if (const auto* text = std::get_if<std::string>(&own->value))
        detail::visit_blocks(*text, visitor);
    else if (const auto* elements = std::get_if<std::vector<Term>>(&own->value))
        detail::visit_blocks(*elements, visitor);
}

void detail::BlocksOf<Term>::visit(const Term& term, BlockVisitor& visitor) noexcept {
    term.visit_blocks(visitor);
}

Term::Kind Term::kind() const noexcept {
    if (is_atom())
        return Kind::atom;
    return (word_ & tag_mask) == small_integer_tag ? Kind::integer : node()->kind;
}

std::int64_t Term::as_integer() const noexcept {
    if ((word_ & tag_mask) == small_integer_tag)
        return static_cast<std::int64_t>(word_) >> 2;
    return *std::get_if<std::int64_t>(&node()->value);
}

double Term::as_floating() const noexcept {
    return *std::get_if<double>(&node()->value);
}

std::string_view Term::as_string() const noexcept {
    return *std::get_if<std::string>(&node()->value);
}

Pid Term::as_pid() const noexcept {
    return *std::get_if<Pid>(&node()->value);
}

Ref Term::as_ref() const noexcept {
    return *std::get_if<Ref>(&node()->value);
}

std::span<const Term> Term::elements() const noexcept {
    const TermNode* const shared = node();
    if (shared == nullptr)
        return {};
    const auto* const found = std::get_if<std::vector<Term>>(&shared->value);
    return found != nullptr ? std::span<const Term>{*found} : std::span<const Term>{};
}

bool Term::is_tagged(std::string_view name) const noexcept {
    return kind() == Kind::tuple && !elements().empty() && elements().front().is_atom(name);
}

bool operator==(const Term& left, const Term& right) noexcept {
    if (left.word_ == right.word_)
        return true;
    if (left.node() == nullptr || right.node() == nullptr)
        return false;
    std::vector<std::pair<const Term*, const Term*>> pending{{&left, &right}};
    while (!pending.empty()) {
        const auto [a, b] = pending.back();
        pending.pop_back();
        if (a->word_ == b->word_)
            continue;
        const TermNode* const x = a->node();
        const TermNode* const y = b->node();
        if (x == nullptr || y == nullptr || x->kind != y->kind)
            return false;
        if (x->kind != Term::Kind::tuple && x->kind != Term::Kind::list) {
            if (x->value != y->value)
                return false;
            continue;
        }
        if (a->elements().size() != b->elements().size())
            return false;
        for (std::size_t i = 0; i < a->elements().size(); ++i)
            pending.emplace_back(&a->elements()[i], &b->elements()[i]);
    }
    return true;
}

ExitReason::ExitReason() : term_{atoms::normal} {}

ExitReason ExitReason::shutdown(Term detail) {
    return Term::tuple({atoms::shutdown, std::move(detail)});
}

ExitReason ExitReason::error(Term detail) {
    return Term::tuple({atoms::error, std::move(detail)});
}

bool ExitReason::is_normal() const noexcept {
    return term_.is_atom() && term_.as_atom() == atoms::normal;
}

bool ExitReason::is_clean() const noexcept {
    if (term_.is_atom())
        return term_.as_atom() == atoms::normal || term_.as_atom() == atoms::shutdown;
    return term_.elements().size() == 2 && term_.is_tagged("shutdown");
}

} // namespace fiberscope
