// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/supervision_frame.hpp"
#include "model/supervision_node.hpp"

#include <QAbstractItemModel>
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
    SupervisionNode childNode(const fiberscope::ChildInfo& child, bool isDynamic) const;
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
