// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/term.hpp>

#include <QString>

namespace fiberscope::widgets {

/// One line that stays by itself, at most 400 characters: control characters are escaped, and what is written from right to
/// left is isolated, so that it does not change places with what stands beside it. For names and terms that user code makes.
QString lineText(const QString& text);
QString lineText(const fiberscope::Term& term);

} // namespace fiberscope::widgets
