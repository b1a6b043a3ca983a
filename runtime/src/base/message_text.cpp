// SPDX-License-Identifier: BSL-1.0
#include "base/message_text.hpp"

#include "base/cut_text.hpp"
#include "base/readable_name.hpp"

namespace fiberscope {
namespace detail {

namespace {
constexpr std::size_t text_limit = 4096;
}

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
    cut_text(text, text_limit);
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
