// SPDX-License-Identifier: GPL-3.0-or-later
#include "json_writer.hpp"

#include <QIODevice>
#include <QString>

#include <algorithm>

namespace fiberscope::app {
namespace {

constexpr std::size_t bufferBytes = 1 << 16;
/// Brackets up to this depth break lines: one process a line.
constexpr std::size_t brokenDepth = 2;

} // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    appendQuoted(name);
    m_buffer += ':';
    m_afterKey = true;
    return *this;
}

void JsonWriter::value(std::string_view text) {
    separate();
    // names and labels are any bytes: what is not UTF-8 becomes the replacement character
    const bool isAscii = std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
    if (isAscii)
        appendQuoted(text);
    else
        appendQuoted(QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())).toStdString());
}

void JsonWriter::flush() {
    if (m_buffer.empty())
        return;
    m_device.write(m_buffer.data(), static_cast<qint64>(m_buffer.size()));
    m_buffer.clear();
}

void JsonWriter::separate() {
    if (m_afterKey) {
        m_afterKey = false;
        return;
    }
    if (m_hasElements.empty())
        return;
    if (m_hasElements.back())
        m_buffer += ',';
    m_hasElements.back() = true;
    if (m_hasElements.size() <= brokenDepth)
        m_buffer += '\n';
    if (m_buffer.size() > bufferBytes)
        flush();
}

void JsonWriter::begin(char bracket) {
    separate();
    m_buffer += bracket;
    m_hasElements.push_back(false);
}

void JsonWriter::end(char bracket) {
    if (m_hasElements.back() && m_hasElements.size() <= brokenDepth)
        m_buffer += '\n';
    m_hasElements.pop_back();
    m_buffer += bracket;
    if (m_hasElements.empty())
        m_buffer += '\n';
}

void JsonWriter::write(std::string_view json) {
    separate();
    m_buffer += json;
}

void JsonWriter::appendQuoted(std::string_view text) {
    m_buffer += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (m_buffer += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            m_buffer += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            m_buffer += c;
    }
    m_buffer += '"';
}

} // namespace fiberscope::app
