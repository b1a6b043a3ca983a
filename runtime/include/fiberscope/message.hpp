// SPDX-License-Identifier: BSL-1.0
/// A message on its way, and as text.
#pragma once

#include <fiberscope/fields.hpp>
#include <fiberscope/message_memory.hpp>
#include <fiberscope/message_value.hpp>
#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <boost/pfr/core.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace FIBERSCOPE_API fiberscope {

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

/// What {fmt} does not print.
template <class T>
inline constexpr bool is_wide_character =
    std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> || std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

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
    constexpr std::size_t count = field_count<T>();
    if constexpr (count > 0 && count <= most_fields_bound)
        visit_fields<count>(value, PrintFields{text});
    else if constexpr (count > 0)
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
        return to_string(Term::string(value));
    else if constexpr (is_wide_character<T>)
        return fmt::format("{}", static_cast<std::uint32_t>(value));
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
        return print(static_cast<std::underlying_type_t<T>>(value));
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
    VisitBlocks visit_blocks; ///< nullptr: it reaches none
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
inline const MessageType message_type{typeid(T).name(),
                                      &print_value<T>,
                                      static_cast<std::uint32_t>(sizeof(T)),
                                      !std::is_trivially_destructible_v<T>,
                                      &typeid(T),
                                      hash_of(typeid(T).name()),
                                      block_visit_of<T>()};

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
        constexpr std::align_val_t alignment{alignof(Envelope)};
        if constexpr (alignof(Envelope) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
            Signal::operator delete(this, sizeof(Envelope), alignment);
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
