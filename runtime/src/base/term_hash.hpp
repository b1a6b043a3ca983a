// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/term.hpp>

#include <cstddef>
#include <functional>
#include <string_view>

namespace fiberscope::detail {

/// Equal Terms have equal hashes. Looks at nested elements: meant for ids, which are small.
struct TermHash {
    std::size_t operator()(const Term& term) const noexcept {
        const auto kind = static_cast<std::size_t>(term.kind());
        switch (term.kind()) {
        case Term::Kind::atom: return mix(kind, term.as_atom().id());
        case Term::Kind::integer: return mix(kind, static_cast<std::size_t>(term.as_integer()));
        case Term::Kind::floating: return mix(kind, std::hash<double>{}(term.as_floating()));
        case Term::Kind::string: return mix(kind, std::hash<std::string_view>{}(term.as_string()));
        case Term::Kind::pid: return mix(kind, term.as_pid().bits());
        case Term::Kind::ref: return mix(kind, term.as_ref().bits());
        case Term::Kind::tuple:
        case Term::Kind::list: break;
        }
        std::size_t hash = kind;
        for (const Term& element : term.elements())
            hash = mix(hash, (*this)(element));
        return hash;
    }

private:
    static constexpr std::size_t mix(std::size_t seed, std::size_t value) noexcept {
        return ((seed ^ value) + (seed << 6U) + (value >> 29U)) * 0x9e3779b97f4a7c15ULL;
    }
};

} // namespace fiberscope::detail
