// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/term.hpp>

#include <QString>

/// Texts that user code makes (names, labels, terms, messages of the log), made fit to stand beside others: whoever puts one
/// into a sentence, a cell or a box takes it from here. What is kept and compared stays as it is.
namespace fiberscope::widgets {

/// One line that stays by itself, at most 400 characters: control characters are escaped, and what is written from right to
/// left is isolated, so that it does not change places with what stands beside it: a name as a whole, a term in its quotes.
QString lineText(const QString& text);
QString lineText(const fiberscope::Term& term);
/// The same of any length, where nothing may be missing.
QString wholeLineText(const QString& text);
/// A line as it is copied, saved and searched: without the marks that isolate parts of it.
QString withoutIsolates(QString line);

/// For a menu's entry, in which `&` stands for nothing but itself.
QString menuText(QString text);
/// For a tool tip, which is never taken for rich text.
QString toolTipText(const QString& text);
/// For a window's title, in which `[*]` stands for nothing but itself.
QString titleText(QString text);

} // namespace fiberscope::widgets
