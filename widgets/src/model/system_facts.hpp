// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/load_history.hpp"

#include <fiberscope/snapshot.hpp>

#include <QList>
#include <QString>

#include <cstdint>
#include <functional>

namespace fiberscope::widgets {

/// What the facts of the System tab are read from.
struct SystemSource {
    const fiberscope::NodeRow& node;
    const LoadPoint* rates; ///< nullptr before two samples
    std::uint64_t eventsLost = 0;
};

/// One line of a box: a name, what it means, and its value now.
struct SystemFact {
    QString name;
    QString explanation; ///< tooltip; may be empty
    std::function<QString(const SystemSource&)> value;
};

/// A box of the System tab.
struct SystemBox {
    QString title;
    QList<SystemFact> facts;
};

/// The boxes in the order of Erlang's observer, left to right, top to bottom; then those that it does not have.
/// **Thread:** any thread.
QList<SystemBox> systemBoxes();

} // namespace fiberscope::widgets
