// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/message.hpp>
#include <fiberscope/wait_time.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace FIBERSCOPE_API fiberscope {

namespace detail {

struct Always {
    template <class T>
    constexpr bool operator()(const T&) const noexcept {
        return true;
    }
};

template <class T, class Guard, class Handler>
struct OnClause {
    Guard guard;
    Handler handler;

    bool matches(MessageSignal& signal) const {
        return is_type<T>(*signal.type) && guard(std::as_const(*static_cast<T*>(signal.value)));
    }
    decltype(auto) run(MessageSignal& signal) { return handler(std::move(*static_cast<T*>(signal.value))); }
};

template <class Guard, class Handler>
struct OnAnyClause {
    Guard guard;
    Handler handler;

    bool matches(MessageSignal& signal) const { return guard(Message{signal}); }
    decltype(auto) run(MessageSignal& signal) { return handler(Message{signal}); }
};

template <class Handler>
struct AfterClause {
    Duration timeout;
    Handler handler;
};

template <class T>
inline constexpr bool is_after = false;
template <class Handler>
inline constexpr bool is_after<AfterClause<Handler>> = true;

struct DoNothing {
    void operator()() const noexcept {}
};

/// The clauses of one receive, as the runtime sees them: which of them takes this message? -1: none.
struct Matcher {
    void* clauses;
    int (*match)(void* clauses, MessageSignal& signal);
};

/// What a receive came back with; no message means that its time was over.
struct Received {
    std::unique_ptr<MessageSignal> message;
    int clause = -1;
};

template <int Index, class First, class... Rest>
int first_match(MessageSignal& signal, First& first, Rest&... rest) {
    if constexpr (!is_after<First>)
        if (first.matches(signal))
            return Index;
    if constexpr (sizeof...(Rest) > 0)
        return first_match<Index + 1>(signal, rest...);
    else
        return -1;
}

template <int Index, class First, class... Rest>
decltype(auto) run_clause(Received& received, First& first, Rest&... rest) {
    if constexpr (sizeof...(Rest) == 0) {
        if constexpr (is_after<First>)
            return first.handler();
        else
            return first.run(*received.message);
    } else {
        if constexpr (!is_after<First>)
            if (received.clause == Index)
                return first.run(*received.message);
        return run_clause<Index + 1>(received, rest...);
    }
}

template <class Clause>
constexpr Duration timeout_of(const Clause& clause) noexcept {
    if constexpr (is_after<Clause>)
        return clause.timeout;
    else
        return infinity;
}

template <class... Clauses>
constexpr bool after_is_last() {
    constexpr bool after[] = {is_after<Clauses>...};
    for (std::size_t i = 0; i + 1 < sizeof...(Clauses); ++i)
        if (after[i])
            return false;
    return true;
}

} // namespace detail

/// A clause of `receive`: takes a message of type T and hands it to `handler(T)`.
template <class T, class Handler>
auto on(Handler handler) {
    detail::check_message<T>();
    return detail::OnClause<T, detail::Always, Handler>{{}, std::move(handler)};
}

/// The same for those messages only for which `guard(const T&)` is true. A guard only looks.
template <class T, class Guard, class Handler>
auto on(Guard guard, Handler handler) {
    detail::check_message<T>();
    return detail::OnClause<T, Guard, Handler>{std::move(guard), std::move(handler)};
}

/// Takes any message: `handler(const Message&)`.
template <class Handler>
auto on_any(Handler handler) {
    return detail::OnAnyClause<detail::Always, Handler>{{}, std::move(handler)};
}

template <class Guard, class Handler>
auto on_any(Guard guard, Handler handler) {
    return detail::OnAnyClause<Guard, Handler>{std::move(guard), std::move(handler)};
}

/// The last clause: what to do if nothing matched for `timeout`, counted from the entry of receive. 0: look once.
template <class Handler = detail::DoNothing>
auto after(WaitTime timeout, Handler handler = {}) {
    return detail::AfterClause<Handler>{timeout, std::move(handler)};
}

} // namespace fiberscope
