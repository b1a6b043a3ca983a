// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>

class QString;

namespace fiberscope::resources {

/// The icon of this name: the base name of a file in `resources/icons/`, good on light and dark ground.
/// **Thread:** GUI thread. **Errors:** a null icon if there is none of that name.
QIcon icon(const QString& name);

} // namespace fiberscope::resources
