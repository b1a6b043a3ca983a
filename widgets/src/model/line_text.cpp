// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/line_text.hpp"

#include "model/text_format.hpp"

#include <QTextDocument>

#include <algorithm>

namespace fiberscope::widgets {

namespace {

/// More of a text is in no box, tooltip or menu.
constexpr qsizetype longestLine = 400;
constexpr QChar beginIsolate{0x2068}; ///< in the direction of what follows
constexpr QChar endIsolate{0x2069};

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
    const auto codes = text.toUcs4();
    QString line;
    for (const auto code : codes)
        append(line, code);
    return std::any_of(codes.begin(), codes.end(), isFromTheRight) ? beginIsolate + line + endIsolate : line;
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
