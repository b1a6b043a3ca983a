// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/supervision_frame.hpp"
#include "model/supervision_node.hpp"
#include "model/supervision_query.hpp"

#include <QAbstractItemModel>
#include <QSet>
#include <QString>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace fiberscope::widgets {

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
    /// What a supervisor can be asked to do something with; nothing for whom no supervisor has started.
    std::optional<SupervisedChild> supervisedChild(const QModelIndex& index) const;
    /// The nodes to which the paths lead, top to bottom. Children without a node get one, until others are revealed.
    /// **Cost:** that of the paths and the families on them.
    QModelIndexList reveal(const SupervisionHits& hits);
    /// Nodes that are there only because they were found go, but for this one.
    void hideFound(const QModelIndex& kept = {});
    /// Tells who of the asked processes is suspended; of the others stays what was told.
    void setSuspended(const QSet<fiberscope::Pid>& asked, const QSet<fiberscope::Pid>& suspended);
    std::uint64_t idOf(const QModelIndex& index) const;
    SupervisionFramePtr frame() const { return m_frame; }

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    struct Item;
    using Wanted = std::vector<SupervisionNode>;

    /// A child that has a node though it is not among the first.
    struct Revealed {
        QString key;
        std::size_t place; ///< where its supervisor named it last
    };

    Item* itemOf(const QModelIndex& index) const;
    QModelIndex indexOf(const Item& item) const;
    void sync();
    void syncFamily(Item& item);
    void refreshChildren(Item& item);
    Wanted wantedChildren(Item& item);
    static std::vector<std::size_t> shownChildren(Item& item);
    void syncChildren(Item& item, Wanted wanted);
    void removeUnwanted(Item& item, const QSet<QString>& keys);
    void moveHere(Item& item, std::size_t row, const QString& key);
    void change(Item& item, SupervisionNode node);
    void insert(Item& parent, std::size_t row, Wanted& wanted, const std::vector<QString>& keys, std::size_t count);
    bool revealLevel(const SupervisionHits& hits, std::size_t level, std::vector<Item*>& at);
    static void hideRevealed(Item& item, const Item* kept);

    fiberscope::Atom m_application;
    SupervisionFramePtr m_frame;
    bool m_hasNewNames = false; ///< while a frame is taken: it knows other names than the one before
    QSet<fiberscope::Pid> m_suspended;
    std::unique_ptr<Item> m_root; ///< invisible; its only child is the application master
    std::uint64_t m_nextId = 1;
};

} // namespace fiberscope::widgets
