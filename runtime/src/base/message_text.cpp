// SPDX-License-Identifier: BSL-1.0
#include "base/message_text.hpp"

#include "base/readable_name.hpp"

namespace fiberscope {
namespace {

constexpr std::size_t text_limit = 4096;

/// Cuts at the limit, but not inside of a character of UTF-8.
void cut(std::string& text) {
    if (text.size() <= text_limit)
        return;
    std::size_t end = text_limit - 3;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
        --end;
    text.resize(end);
    text += "...";
}

} // namespace

namespace detail {

std::string short_type_name(const char* mangled) {
    return readable_type(demangle(mangled));
}

std::string message_text(const MessageSignal& signal) {
    std::string text;
    try {
        text = signal.type->print(signal.value);
    } catch (...) { // an exit of the process that prints comes again at its next runtime call
        text = "<unprintable " + short_type_name(signal.type->mangled_name) + ">";
    }
    cut(text);
    return text;
}

} // namespace detail

std::string Message::type_name() const {
    return detail::short_type_name(signal_->type->mangled_name);
}

std::string Message::text() const {
    return detail::message_text(*signal_);
}

} // namespace fiberscope
