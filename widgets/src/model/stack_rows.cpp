// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/stack_rows.hpp"

#include "model/text_format.hpp"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>

namespace fiberscope::widgets {

namespace {

using fiberscope::FrameInfo;
using fiberscope::FrameKind;

QString tr(const char* text) {
    return QCoreApplication::translate("StackRows", text);
}

QString functionText(const FrameInfo& frame) {
    QString text = toQString(frame.function);
    if (frame.is_inlined)
        text += tr(" (inlined)");
    if (frame.times > 1)
        text += QStringLiteral("  × %1").arg(frame.times);
    return text;
}

StackRow frameRow(const FrameInfo& frame) {
    StackRow row;
    row.function = functionText(frame);
    row.isRuntime = frame.kind == FrameKind::runtime;
    if (!frame.file.empty()) {
        row.path = QStringLiteral("%1:%2").arg(toQString(frame.file)).arg(frame.line);
        row.place = row.path.section(QLatin1Char{'/'}, -1);
    }
    return row;
}

/// `count` frames, of which `functions` are the texts.
StackRow foldedRow(const QStringList& functions, std::uint64_t count) {
    StackRow row;
    row.function = count == 1 ? tr("runtime (1 frame)") : tr("runtime (%1 frames)").arg(count);
    row.folded = functions.join(QLatin1Char{'\n'});
    row.isRuntime = true;
    return row;
}

} // namespace

QList<StackRow> stackRows(const std::vector<FrameInfo>& stack, bool showRuntime) {
    QList<StackRow> rows;
    const auto isOfRuntime = [](const FrameInfo& frame) { return frame.kind == FrameKind::runtime; };
    for (auto frame = stack.begin(); frame != stack.end();) {
        if (showRuntime || !isOfRuntime(*frame)) {
            rows += frameRow(*frame++);
            continue;
        }
        QStringList functions;
        std::uint64_t count = 0;
        for (; frame != stack.end() && isOfRuntime(*frame); ++frame) {
            functions += functionText(*frame);
            count += frame->times;
        }
        rows += foldedRow(functions, count);
    }
    return rows;
}

std::pair<QString, QString> splitStackLine(const QString& line) {
    static const QRegularExpression functionAndPlace{QStringLiteral(R"(^(.*) \(([^()]+:\d+)\)(.*)$)")};
    const auto match = functionAndPlace.match(line);
    return match.hasMatch() ? std::pair{match.captured(1) + match.captured(3), match.captured(2)} : std::pair{line, QString{}};
}

QList<StackRow> stackRows(std::string_view stackText) {
    QList<StackRow> rows;
    for (const QString& line : toQString(stackText).split(QLatin1Char{'\n'}, Qt::SkipEmptyParts)) {
        const auto [function, place] = splitStackLine(line);
        rows += StackRow{function, place, place, {}, false};
    }
    return rows;
}

} // namespace fiberscope::widgets
