// SPDX-License-Identifier: GPL-3.0-or-later
#include "resources.hpp"

#include <QString>

namespace fiberscope::resources {

QIcon icon(const QString& name) {
    return QIcon{QStringLiteral(":/fiberscope/icons/%1.svg").arg(name)};
}

} // namespace fiberscope::resources
