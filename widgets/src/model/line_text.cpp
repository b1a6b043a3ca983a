// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/line_text.hpp"

namespace fiberscope::widgets {

namespace {

/// More of a text is in no box, tooltip or menu.
constexpr qsizetype longestLine = 400;

/// What would begin or end a direction is escaped, too: it could end the isolation.
bool isControl(QChar character) {
    const auto code = character.unicode();
    return character.category() == QChar::Other_Control || character == QChar::LineSeparator ||
           character == QChar::ParagraphSeparator || (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool isFromTheRight(QChar character) {
    return character.direction() == QChar::DirR || character.direction() == QChar::DirAL;
}

} // namespace

QString lineText(const QString& text) {
    QString line;
    bool isTurned = false;
    for (const QChar character : text.left(longestLine)) {
        isTurned = isTurned || isFromTheRight(character);
        if (character == QLatin1Char{'\n'})
            line += QLatin1String{"\\n"};
        else if (character == QLatin1Char{'\t'})
            line += QLatin1String{"\\t"};
        else if (isControl(character))
            line += QStringLiteral("\\x%1").arg(character.unicode(), 2, 16, QLatin1Char{'0'});
        else
            line += character;
    }
    if (text.size() > longestLine)
        line += QChar{0x2026};
    return isTurned ? QChar{0x2068} + line + QChar{0x2069} : line;
}

QString lineText(const fiberscope::Term& term) {
    return lineText(QString::fromStdString(to_string(term)));
}

} // namespace fiberscope::widgets
