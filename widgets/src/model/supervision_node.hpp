// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/inspect.hpp>
#include <fiberscope/pid.hpp>

#include <QList>
#include <QString>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace fiberscope::widgets {

/// A child as its supervisor is asked about it: what a command needs, whatever the tree shows meanwhile.
struct SupervisedChild {
    fiberscope::Pid supervisor;
    QString supervisorName; ///< registered name, else pid
    fiberscope::ChildInfo child;
    bool isDynamic = false; ///< known to its supervisor by its pid

    /// How requests name it: by its id, or by its pid if it is dynamic.
    fiberscope::Term key() const { return isDynamic ? fiberscope::Term{child.pid} : child.id; }
    /// The key as a person reads it: `'till'`, `<0.90.0>`.
    QString text() const;
};

/// One box of a supervision tree.
struct SupervisionNode {
    enum class Kind : std::uint8_t {
        master,     ///< the application master
        supervisor, ///< may have children
        worker,
        more, ///< stands for the children of a big family that are not shown
    };
    /// What a supervisor says of itself.
    struct Family {
        fiberscope::Strategy strategy = fiberscope::Strategy::one_for_one;
        std::uint32_t intensity = 0;
        std::uint32_t period_s = 0;
        std::uint32_t restartsInPeriod = 0;
        std::uint64_t restarts = 0;
        std::size_t childCount = 0;
        bool operator==(const Family&) const = default;
    };

    Kind kind = Kind::worker;
    fiberscope::Pid pid; ///< the default Pid if it has no process now
    QString name;        ///< registered name or label; may be empty
    QString childId;     ///< id of the child spec; empty for the master and a top supervisor
    std::optional<fiberscope::ChildInfo> child;
    std::optional<Family> family;
    std::size_t hiddenCount = 0;    ///< more: how many
    bool isUnanswered = false;      ///< the supervisor owes an answer for long
    bool isSuspended = false;       ///< sits in no queue; only exit signals and resume reach it
    bool isDynamic = false;         ///< a child of a simple_one_for_one supervisor: it has no id
    std::size_t withoutProcess = 0; ///< of a dynamic child without process: how many such stand before it

    /// The name that a person reads first: registered name, else child id, else pid. Like all texts one line, in which
    /// control characters are escaped and what is written from right to left is isolated.
    QString title() const;
    /// Child id, pid, what is unusual of its state, restart type unless permanent, strategy; may be empty.
    QString identity() const;
    /// Of a supervisor: intensity used, restarts made; may be empty.
    QString usage() const;
    /// Of a child: how often it was restarted; may be empty.
    QString restartsMade() const;
    /// Of a child: reason of its last exit; may be empty.
    QString lastExit() const;
    /// How many of the four texts above are not empty, without making them.
    int lineCount() const;
    /// All that is known, explained: what it is called and the value, in words.
    QList<std::pair<QString, QString>> facts() const;
    /// One restart more and the supervisor gives up, or it does so already. A supervisor of intensity 0 is meant to give
    /// up at the first end of a child and is no reason to warn before.
    bool isAboutToGiveUp() const;
    bool hasProcess() const { return static_cast<bool>(pid); }
};
/// Whether a supervisor says the same of a child.
bool sameChild(const fiberscope::ChildInfo& left, const fiberscope::ChildInfo& right);
bool operator==(const SupervisionNode& left, const SupervisionNode& right);

} // namespace fiberscope::widgets
