// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/line_text.hpp"

#include "model/text_format.hpp"

#include <QTextDocument>

#include <algorithm>
#include <utility>

namespace fiberscope::widgets {

namespace {

/// More of a text is in no box, tooltip or menu.
constexpr qsizetype longestLine = 400;
/// In the direction of what follows. The mark before it keeps the paragraph's: Qt goes by the first letter, isolated or not.
const QString beginIsolate = QStringLiteral("\u200E\u2068");
const QString endIsolate = QStringLiteral("\u2069");

/// What would begin or end a direction is escaped, too: it could end the isolation.
bool isControl(char32_t code) {
    const auto category = QChar::category(code);
    return category == QChar::Other_Control || category == QChar::Separator_Line || category == QChar::Separator_Paragraph ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool isFromTheRight(char32_t code) {
    const auto direction = QChar::direction(code);
    return direction == QChar::DirR || direction == QChar::DirAL || direction == QChar::DirAN;
}

bool isPlain(const QString& text) {
    return std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() >= ' ' && c.unicode() <= '~'; });
}

void append(QString& line, char32_t code) {
    if (code == '\n')
        line += QLatin1String{"\\n"};
    else if (code == '\t')
        line += QLatin1String{"\\t"};
    else if (isControl(code))
        line += QStringLiteral("\\x%1").arg(static_cast<uint>(code), 2, 16, QLatin1Char{'0'});
    else
        line += QChar::fromUcs4(code);
}

/// A text of characters that need care.
class Line {
public:
    explicit Line(const QList<uint>& codes) {
        for (const char32_t code : codes)
            take(code);
        endPart();
    }
    QString isolated() const { return m_isTurned ? beginIsolate + m_line + endIsolate : m_line; }

private:
    /// A printed term has in quotes whatever is written from right to left: isolated there, the rest of it keeps its order.
    void take(char32_t code) {
        const bool isEscaped = std::exchange(m_isEscaped, code == '\\' && !m_isEscaped);
        const bool isQuote = (m_quote == 0 ? code == '\'' || code == '"' : code == m_quote) && !isEscaped;
        if (isQuote) {
            endPart();
            m_quote = m_quote == 0 ? code : 0;
            append(m_line, code);
            return;
        }
        append(m_quote == 0 ? m_line : m_part, code);
        (m_quote == 0 ? m_isTurned : m_isPartTurned) |= isFromTheRight(code);
    }
    void endPart() {
        m_line += m_isPartTurned ? beginIsolate + m_part + endIsolate : m_part;
        m_part.clear();
        m_isPartTurned = false;
    }

    QString m_line;
    QString m_part;       ///< what stands in quotes, as far as it was taken
    char32_t m_quote = 0; ///< the quotes that it stands in; 0: in none
    bool m_isEscaped = false;
    bool m_isTurned = false;     ///< what stands in no quotes is written from right to left
    bool m_isPartTurned = false; ///< m_part is
};

/// The text up to that length; no character of two parts is cut.
QString firstOf(const QString& text, qsizetype most) {
    const bool isInCharacter = text[most].isLowSurrogate() && text[most - 1].isHighSurrogate();
    return text.left(isInCharacter ? most - 1 : most);
}

} // namespace

QString lineText(const QString& text) {
    return text.size() <= longestLine ? wholeLineText(text) : wholeLineText(firstOf(text, longestLine) + QChar{0x2026});
}

QString lineText(const fiberscope::Term& term) {
    return lineText(termText(term));
}

QString wholeLineText(const QString& text) {
    if (isPlain(text))
        return text;
    return Line{text.toUcs4()}.isolated();
}

QString withoutIsolates(QString line) {
    return line.remove(beginIsolate).remove(endIsolate);
}

QString menuText(QString text) {
    return text.replace(QLatin1Char{'&'}, QLatin1String{"&&"});
}

QString toolTipText(const QString& text) {
    return Qt::mightBeRichText(text) ? QStringLiteral("<p style='white-space:pre-wrap'>%1</p>").arg(text.toHtmlEscaped()) : text;
}

QString titleText(QString text) {
    return text.replace(QLatin1String{"[*]"}, QLatin1String{"[*][*]"});
}

} // namespace fiberscope::widgets
