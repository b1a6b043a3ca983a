// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/fields.hpp>
#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <boost/pfr/core.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <chrono>
#include <complex>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
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

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

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

namespace detail {

template <class T>
concept Streamable = requires(std::ostream& stream, const T& value) {
    stream << value;
};

/// boost's result has an unconstrained operator<<: it counts as streamable even where its value is not.
template <class T>
inline constexpr bool is_result = false;
template <class T, class E>
inline constexpr bool is_result<boost::system::result<T, E>> = true;

template <class T>
std::string print(const T& value);

template <class T>
void print_next(std::string& text, const T& field) {
    if (text.size() > 1)
        text += ",";
    text += print(field);
}

struct PrintFields {
    std::string& text;
    template <class... Declared, class... T>
    void operator()(const T&... fields) const {
        (print_next(text, fields), ...);
    }
};

template <class T>
std::string print_fields(const T& value) {
    std::string text = "{";
    constexpr std::size_t count = boost::pfr::tuple_size_v<T>;
    if constexpr (count > 0 && count <= most_fields_bound)
        visit_fields<count>(value, PrintFields{text});
    else
        boost::pfr::for_each_field(value, [&text](const auto& field) { print_next(text, field); });
    return text + "}";
}

/// The type's name without its namespaces, as a reader knows it: `Put` for `shop::Store::Put`.
std::string short_type_name(const char* mangled);

template <class T>
std::string print(const T& value) {
    if constexpr (std::is_same_v<T, Pid> || std::is_same_v<T, Term> || std::is_same_v<T, ExitReason> || std::is_base_of_v<Ref, T>)
        return to_string(value);
    else if constexpr (std::is_same_v<T, Error>)
        return to_string(value.term);
    else if constexpr (std::is_same_v<T, Atom>)
        return std::string{value.name()};
    else if constexpr (std::is_same_v<T, std::string>)
        return fmt::format("\"{}\"", value);
    else if constexpr (std::is_same_v<T, bool> || std::is_arithmetic_v<T>)
        return fmt::format("{}", value);
    else if constexpr (is_result<T>)
        return value ? "{ok," + print(*value) + "}" : "{error," + print(value.error()) + "}";
    else if constexpr (fmt::is_formattable<T>::value && !std::is_enum_v<T>)
        return fmt::format("{}", value);
    else if constexpr (Streamable<T>) {
        std::ostringstream stream;
        stream << value;
        return stream.str();
    } else if constexpr (std::is_enum_v<T>)
        return fmt::format("{}", static_cast<std::underlying_type_t<T>>(value));
    else if constexpr (std::is_empty_v<T>)
        return "{}";
    else if constexpr (PlainAggregate<T>)
        return print_fields(value);
    else
        return "<" + short_type_name(typeid(T).name()) + ">";
}

/// What the runtime knows of a message's C++ type. One object a type and part of the program that knows it.
struct MessageType {
    const char* mangled_name;
    std::string (*print)(const void* value);
    std::uint32_t bytes; ///< of the value itself, without what it points to
    bool has_destructor; ///< one that does something
    const std::type_info* info;
    std::uint64_t name_hash;
};

/// FNV-1a.
constexpr std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash;
}

/// Two objects of the same type: in programs of several parts (plugins, `-fvisibility=hidden`) each may have its own.
bool is_same_type_elsewhere(const MessageType& left, const MessageType& right) noexcept;

template <class T>
std::string print_value(const void* value) {
    return print(*static_cast<const T*>(value));
}

template <class T>
inline const MessageType message_type{
    typeid(T).name(), &print_value<T>,          static_cast<std::uint32_t>(sizeof(T)), !std::is_trivially_destructible_v<T>,
    &typeid(T),       hash_of(typeid(T).name())};

template <class T>
bool is_type(const MessageType& type) noexcept {
    return &type == &message_type<T> ||
           (type.name_hash == message_type<T>.name_hash && is_same_type_elsewhere(type, message_type<T>));
}

enum class SignalKind : std::uint8_t {
    message,
    exit,      ///< `exit/2`: an Envelope<Exit>
    link_exit, ///< a linked process ended: an Envelope<Exit>
    down,      ///< a monitored process ended: an Envelope<Down>
    link,
    unlink,
    unlink_ack,
    monitor,
    demonitor,
    suspend,
    resume,
    inspect,
};

/// Anything that one process sends another. Between two processes the order of all kinds is kept (rule O01).
/// Written by its sender before it is pushed, then owned by the receiver.
struct Signal {
    Signal* next = nullptr;
    Pid from;
    std::uint32_t target_serial = 0;
    SignalKind kind;

    explicit Signal(SignalKind signal_kind) noexcept : kind{signal_kind} {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    virtual ~Signal() = default;
    /// From free lists of the calling scheduler's; where more than the usual alignment is asked for, from the heap.
    static void* operator new(std::size_t bytes);
    static void* operator new(std::size_t bytes, std::align_val_t alignment) { return ::operator new(bytes, alignment); }
    static void operator delete(void* memory, std::size_t bytes) noexcept;
    static void operator delete(void* memory, std::size_t /*bytes*/, std::align_val_t alignment) noexcept {
        ::operator delete(memory, alignment);
    }
};

/// What a message is to a server.
enum class MessageRole : std::uint8_t { info, cast, call, reply };

struct MessageSignal : Signal {
    MessageRole role = MessageRole::info;
    const MessageType* type;
    void* value = nullptr;
    /// call, reply: the request; down, timeout: its monitor or timer.
    Ref tag;
    /// Scheduler time of the sender's slice, nanoseconds.
    std::int64_t sent_ns = 0;

    MessageSignal(SignalKind signal_kind, const MessageType& message_type_of) noexcept
        : Signal{signal_kind}, type{&message_type_of} {}
    /// Gives back its memory without the destructor of its value: who had it in hand was given up in the middle.
    virtual void forget() noexcept = 0;
};

template <class T>
struct Envelope final : MessageSignal {
    T payload;

    template <class... Args>
    explicit Envelope(SignalKind signal_kind, Args&&... args)
        : MessageSignal{signal_kind, message_type<T>}, payload{std::forward<Args>(args)...} {
        value = &payload;
    }
    /// Where the destructor of the value may throw, this is std::terminate, which ends the process that has it in hand.
    ~Envelope() noexcept override {} // NOLINT(modernize-use-equals-default): g++ lets a defaulted one throw all the same
    void forget() noexcept override {
        if constexpr (alignof(Envelope) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
            Signal::operator delete(this, sizeof(Envelope), std::align_val_t{alignof(Envelope)});
        else
            Signal::operator delete(this, sizeof(Envelope));
    }
};

} // namespace detail

/// A process that traps exits receives this when a linked process ends or `exit(pid, reason)` was called.
struct Exit {
    Pid from;
    ExitReason reason;
};

/// A monitored process ended. By name: `name` is set.
struct Down {
    MonitorRef ref;
    Pid pid;
    ExitReason reason;
    Atom name;
};

/// The message of a timer made by `start_timer`.
struct Timeout {
    TimerRef ref;
    Term message;
};

/// A received message whose type the receiver finds out at run time. A view: valid while the handler runs.
class Message {
public:
    explicit Message(detail::MessageSignal& signal) noexcept : signal_{&signal} {}

    template <class T>
    bool is() const noexcept {
        return detail::is_type<T>(*signal_->type);
    }
    /// The value, or nullptr if the message is of another type.
    template <class T>
    T* get() const noexcept {
        return is<T>() ? static_cast<T*>(signal_->value) : nullptr;
    }
    Pid from() const noexcept { return signal_->from; }
    /// The monitor, timer or request that it belongs to, if any.
    Ref tag() const noexcept { return signal_->tag; }
    std::string type_name() const;
    /// As the observer shows it. `<unprintable TYPE>` if the type's formatter throws.
    std::string text() const;

private:
    detail::MessageSignal* signal_;
};

} // namespace fiberscope
