// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>

#include <QString>

namespace fiberscope::widgets {

/// A process as notices name it, rich text: its name, if it has one, and the pid as a link.
QString pidLink(fiberscope::Pid pid, const QString& name = {});
/// The process of a link made by pidLink.
fiberscope::Pid pidOfLink(const QString& link);

} // namespace fiberscope::widgets
