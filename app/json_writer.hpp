// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

class QIODevice;

namespace fiberscope::app {

/// Writes JSON as it comes, in the memory of one buffer: a million processes never exist as a document.
/// A write error of the device stays visible there. **Thread:** one at a time. **Blocks:** as the device does.
class JsonWriter {
public:
    explicit JsonWriter(QIODevice& device) : m_device{device} {}
    JsonWriter(const JsonWriter&) = delete;
    JsonWriter& operator=(const JsonWriter&) = delete;
    ~JsonWriter() { flush(); }

    /// Names the next value; inside of objects only.
    JsonWriter& key(std::string_view name);
    void beginObject() { begin('{'); }
    void endObject() { end('}'); }
    void beginArray() { begin('['); }
    void endArray() { end(']'); }

    void value(std::string_view text);
    void value(const char* text) { value(std::string_view{text}); }
    void value(bool truth) { write(truth ? "true" : "false"); }
    template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
    void value(Number number) { write(fmt::format("{}", number)); }
    void null() { write("null"); }

    template <class Value>
    void field(std::string_view name, const Value& its_value) {
        key(name).value(its_value);
    }
    /// Writes what the buffer holds to the device.
    void flush();

private:
    /// Comma and line break that stand before the next key, or value without key.
    void separate();
    void begin(char bracket);
    void end(char bracket);
    void write(std::string_view json);
    void appendQuoted(std::string_view text);

    QIODevice& m_device;
    std::string m_buffer;
    std::vector<bool> m_hasElements; ///< one an open bracket
    bool m_afterKey = false;
};

} // namespace fiberscope::app
