// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/supervision_frame.hpp"

#include <QAbstractItemModel>
#include <QString>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace fiberscope::widgets {

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
    std::size_t hiddenCount = 0; ///< more: how many
    bool isUnanswered = false;   ///< the supervisor owes an answer for long

    /// The name that a person reads first: registered name, else child id, else pid.
    QString title() const;
    /// Child id, pid, strategy or restart type.
    QString identity() const;
    /// Restarts, intensity used, last exit reason; may be empty.
    QString history() const;
    /// One restart more and the supervisor gives up.
    bool isAboutToGiveUp() const;
    bool hasProcess() const { return static_cast<bool>(pid); }
};
bool operator==(const SupervisionNode& left, const SupervisionNode& right);

/// The supervision tree of one application. A node stays the same node (index, selection, collapsed or not) as long as
/// its child id does, whatever process it has: so a restart changes a node and moves nothing. Of a big family only the
/// first children are nodes, the rest is one node that says how many there are.
/// **Thread:** GUI thread.
class SupervisionModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Role { PidRole = Qt::UserRole, NodeIdRole };
    /// So many children of a supervisor are shown at first, and so many more each time more are asked for.
    static constexpr std::size_t firstShown = 40;
    static constexpr std::size_t moreShown = 1000;
    /// How long a restart is told on its node.
    static constexpr std::chrono::milliseconds restartShown{6000};

    explicit SupervisionModel(QObject* parent = nullptr);
    ~SupervisionModel() override;

    /// Shows an application; `undefined` shows none.
    void setApplication(fiberscope::Atom application);
    fiberscope::Atom application() const noexcept { return m_application; }
    /// Takes a frame: inserts, removes and changes only what differs.
    void setFrame(SupervisionFramePtr frame);

    const SupervisionNode& node(const QModelIndex& index) const;
    /// While a restart is told: the process before it, and how long ago it was seen.
    struct Restart {
        fiberscope::Pid oldPid;
        std::chrono::milliseconds ago;
    };
    std::optional<Restart> recentRestart(const QModelIndex& index) const;
    /// Shows more of the family that a `more` node stands for.
    void showMore(const QModelIndex& more);
    QModelIndex find(fiberscope::Pid pid) const;
    /// The nodes whose title, child id or pid contains the text, in any case, top to bottom. Where only hidden children
    /// match, their family is shown up to the first that does.
    QModelIndexList search(const QString& text);

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    struct Item;
    using Wanted = std::vector<SupervisionNode>;

    Item* itemOf(const QModelIndex& index) const;
    QModelIndex indexOf(const Item& item) const;
    void sync();
    Wanted wantedRoot() const;
    Wanted wantedChildren(const Item& item) const;
    SupervisionNode childNode(const fiberscope::ChildInfo& child) const;
    void fillFamily(SupervisionNode& node) const;
    void syncChildren(Item& item, Wanted wanted);
    void removeUnwanted(Item& item, const Wanted& wanted);
    void change(Item& item, SupervisionNode node);
    void insert(Item& parent, std::size_t row, Wanted& wanted, std::size_t count);
    bool revealHidden(Item& item, const QString& text);

    fiberscope::Atom m_application;
    SupervisionFramePtr m_frame;
    std::unique_ptr<Item> m_root; ///< invisible; its only child is the application master
    std::uint64_t m_nextId = 1;
};

} // namespace fiberscope::widgets
