// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/supervision_model.hpp"

#include "model/text_format.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace fiberscope::widgets {

struct SupervisionModel::Item {
    SupervisionNode node;
    QString key;          ///< what makes a child the same child in the next frame
    std::uint64_t id = 0; ///< never given to another item
    int row = 0;
    Item* parent = nullptr;
    std::vector<std::unique_ptr<Item>> children;
    std::shared_ptr<const fiberscope::SupervisorInfo> family; ///< what `children` were made of
    std::size_t shownLimit = firstShown;
    std::vector<Revealed> revealed;
    bool isStale = false; ///< `children` are others than `family`, `shownLimit` and `revealed` make
    fiberscope::Pid oldPid;
    std::optional<std::chrono::steady_clock::time_point> restartedAt;

    void renumber(std::size_t from) {
        for (std::size_t i = from; i < children.size(); ++i)
            children[i]->row = static_cast<int>(i);
    }
    Item* childOf(const QString& childKey) const {
        const auto found =
            std::find_if(children.begin(), children.end(), [&](const auto& child) { return child->key == childKey; });
        return found == children.end() ? nullptr : found->get();
    }
};

namespace {

/// A child that stands farther from where it was when it was found is not looked for.
constexpr std::size_t farthestMove = 64;

QString keyOf(const SupervisionNode& node) {
    if (node.kind == SupervisionNode::Kind::more)
        return QStringLiteral("more");
    if (!node.childId.isEmpty())
        return QLatin1Char{'i'} + node.childId;
    if (node.isDynamic && !node.pid)
        return QLatin1Char{'w'} + QString::number(node.withoutProcess);
    return node.kind == SupervisionNode::Kind::master ? QStringLiteral("master") : QLatin1Char{'p'} + pidText(node.pid);
}

QString keyOf(const fiberscope::SupervisorInfo& family, std::size_t child) {
    const auto& info = family.children[child];
    const bool isDynamic = family.strategy == fiberscope::Strategy::simple_one_for_one;
    return isDynamic ? QLatin1Char{'p'} + pidText(info.pid) : QLatin1Char{'i'} + QString::fromStdString(to_string(info.id));
}

QString factsText(const SupervisionNode& node) {
    QStringList lines{node.title()};
    for (const auto& [name, value] : node.facts())
        lines.append(QStringLiteral("%1: %2").arg(name, value));
    return lines.join(QLatin1Char{'\n'});
}

/// The same for a tooltip.
QString factsTable(const SupervisionNode& node) {
    QString html = QStringLiteral("<p style='margin:2px 0 4px 2px'><b>%1</b></p><table cellspacing='0' cellpadding='1'>")
                       .arg(node.title().toHtmlEscaped());
    for (const auto& [name, value] : node.facts())
        html += QStringLiteral("<tr><td style='padding-right:10px; white-space:nowrap'>%1</td><td>%2</td></tr>")
                    .arg(name.toHtmlEscaped(), value.toHtmlEscaped());
    return html + QLatin1String{"</table>"};
}

/// Where a child stands now that was seen at this place, if not far from there. Nothing: it is gone.
std::optional<std::size_t> placeOf(const fiberscope::SupervisorInfo& family, std::size_t place, const QString& key) {
    const auto is = [&](std::size_t i) { return i < family.children.size() && keyOf(family, i) == key; };
    for (std::size_t away = 0; away <= farthestMove; ++away)
        for (const std::size_t i : {place + away, place - away}) // below 0 is beyond the end
            if (is(i))
                return i;
    return {};
}

} // namespace

SupervisionModel::SupervisionModel(QObject* parent) : QAbstractItemModel{parent}, m_root{std::make_unique<Item>()} {}

SupervisionModel::~SupervisionModel() = default;

void SupervisionModel::setApplication(fiberscope::Atom application) {
    if (application == m_application)
        return;
    beginResetModel();
    m_application = application;
    m_root->children.clear();
    endResetModel();
    sync();
}

void SupervisionModel::setFrame(SupervisionFramePtr frame) {
    m_hasNewNames = m_frame == nullptr || m_frame->names != frame->names;
    m_frame = std::move(frame);
    sync();
    m_hasNewNames = false;
}

void SupervisionModel::setSuspended(const QSet<fiberscope::Pid>& asked, const QSet<fiberscope::Pid>& suspended) {
    m_suspended.subtract(asked).unite(suspended);
    std::vector<Item*> open{m_root.get()};
    while (!open.empty()) {
        Item* item = open.back();
        open.pop_back();
        for (const auto& child : item->children)
            open.push_back(child.get());
        if (asked.contains(item->node.pid) && item->node.isSuspended != m_suspended.contains(item->node.pid)) {
            SupervisionNode node = item->node;
            node.isSuspended = !node.isSuspended;
            change(*item, std::move(node));
        }
    }
}

void SupervisionModel::sync() {
    if (!m_frame)
        return;
    const auto* application = m_application ? m_frame->application(m_application) : nullptr;
    Wanted masters;
    if (application != nullptr)
        masters.push_back(masterNode(*application));
    syncChildren(*m_root, std::move(masters));
    for (const auto& master : m_root->children) {
        Wanted tops;
        tops.push_back(topNode(*m_frame, *application));
        syncChildren(*master, std::move(tops));
        for (const auto& top : master->children)
            syncFamily(*top);
    }
}

void SupervisionModel::syncFamily(Item& item) {
    if (item.node.kind != SupervisionNode::Kind::supervisor)
        return;
    const auto found = m_frame->supervisors.find(item.node.pid);
    const auto family = found == m_frame->supervisors.end() ? nullptr : found->second;
    if (family != item.family || item.isStale) {
        item.family = family;
        item.isStale = false;
        syncChildren(item, wantedChildren(item));
    } else {
        refreshChildren(item);
    }
    for (const auto& child : item.children)
        syncFamily(*child);
}

/// The supervisor says the same of them as before; what others say may have changed.
void SupervisionModel::refreshChildren(Item& item) {
    for (const auto& child : item.children) {
        const bool isSupervisor = child->node.kind == SupervisionNode::Kind::supervisor;
        if (!isSupervisor && !m_hasNewNames)
            continue;
        const bool isSame = !isSupervisor || (m_frame->supervisor(child->node.pid) == child->family.get() &&
                                              m_frame->unanswered.contains(child->node.pid) == child->node.isUnanswered);
        if (isSame && (!m_hasNewNames || m_frame->name(child->node.pid) == child->node.name))
            continue;
        SupervisionNode node = child->node;
        node.name = m_frame->name(node.pid);
        fillFamily(*m_frame, node);
        change(*child, std::move(node));
    }
}

SupervisionModel::Wanted SupervisionModel::wantedChildren(Item& item) {
    Wanted wanted;
    if (item.family == nullptr)
        return wanted;
    const auto& family = *item.family;
    std::size_t withoutProcess = 0;
    for (const std::size_t child : shownChildren(item)) {
        wanted.push_back(childNode(*m_frame, family, child));
        if (!wanted.back().pid)
            wanted.back().withoutProcess = withoutProcess++;
    }
    if (wanted.size() < family.children.size()) {
        SupervisionNode more;
        more.kind = SupervisionNode::Kind::more;
        more.hiddenCount = family.children.size() - wanted.size();
        wanted.push_back(std::move(more));
    }
    return wanted;
}

std::vector<std::size_t> SupervisionModel::shownChildren(Item& item) {
    // one child more is no reason to hide it
    const std::size_t all = item.family->children.size();
    const std::size_t first = all <= item.shownLimit + 1 ? all : item.shownLimit;
    std::vector<std::size_t> shown(first);
    std::iota(shown.begin(), shown.end(), std::size_t{0});
    std::erase_if(item.revealed, [&](Revealed& revealed) {
        const auto place = placeOf(*item.family, revealed.place, revealed.key);
        revealed.place = place.value_or(0);
        return !place;
    });
    for (const Revealed& revealed : item.revealed)
        if (revealed.place >= first)
            shown.push_back(revealed.place);
    std::sort(shown.begin() + static_cast<std::ptrdiff_t>(first), shown.end());
    shown.erase(std::unique(shown.begin() + static_cast<std::ptrdiff_t>(first), shown.end()), shown.end());
    return shown;
}

void SupervisionModel::syncChildren(Item& item, Wanted wanted) {
    std::vector<QString> keys;
    keys.reserve(wanted.size());
    for (SupervisionNode& node : wanted) {
        node.isSuspended = m_suspended.contains(node.pid);
        keys.push_back(keyOf(node));
    }
    removeUnwanted(item, {keys.begin(), keys.end()});
    QSet<QString> present;
    for (const auto& child : item.children)
        present.insert(child->key);
    for (std::size_t row = 0; row < wanted.size(); ++row) {
        if (!present.contains(keys[row])) {
            std::size_t count = 1;
            while (row + count < wanted.size() && !present.contains(keys[row + count]))
                ++count;
            insert(item, row, wanted, keys, count);
            row += count - 1;
            continue;
        }
        if (item.children[row]->key != keys[row])
            moveHere(item, row, keys[row]);
        change(*item.children[row], std::move(wanted[row]));
    }
}

void SupervisionModel::moveHere(Item& item, std::size_t row, const QString& key) {
    const auto to = item.children.begin() + static_cast<std::ptrdiff_t>(row);
    const auto found = std::find_if(to, item.children.end(), [&](const auto& child) { return child->key == key; });
    const auto from = static_cast<int>(found - item.children.begin());
    const QModelIndex parent = indexOf(item);
    beginMoveRows(parent, from, from, parent, static_cast<int>(row));
    std::rotate(to, found, found + 1);
    item.renumber(row);
    endMoveRows();
}

void SupervisionModel::removeUnwanted(Item& item, const QSet<QString>& keys) {
    for (std::size_t end = item.children.size(); end > 0;) {
        std::size_t first = end;
        while (first > 0 && !keys.contains(item.children[first - 1]->key))
            --first;
        if (first < end) {
            beginRemoveRows(indexOf(item), static_cast<int>(first), static_cast<int>(end) - 1);
            item.children.erase(item.children.begin() + static_cast<std::ptrdiff_t>(first),
                                item.children.begin() + static_cast<std::ptrdiff_t>(end));
            item.renumber(first);
            endRemoveRows();
        }
        end = first > 0 ? first - 1 : 0;
    }
}

void SupervisionModel::insert(Item& parent, std::size_t row, Wanted& wanted, const std::vector<QString>& keys,
                              std::size_t count) {
    beginInsertRows(indexOf(parent), static_cast<int>(row), static_cast<int>(row + count) - 1);
    std::vector<std::unique_ptr<Item>> items;
    items.reserve(count);
    for (std::size_t i = row; i < row + count; ++i) {
        auto& item = items.emplace_back(std::make_unique<Item>());
        item->node = std::move(wanted[i]);
        item->key = keys[i];
        item->id = m_nextId++;
        item->parent = &parent;
    }
    parent.children.insert(parent.children.begin() + static_cast<std::ptrdiff_t>(row), std::make_move_iterator(items.begin()),
                           std::make_move_iterator(items.end()));
    parent.renumber(row);
    endInsertRows();
}

void SupervisionModel::change(Item& item, SupervisionNode node) {
    if (item.node == node)
        return;
    if (item.node.pid != node.pid && node.pid) {
        // between two processes a child may be seen without any
        if (item.node.pid)
            item.oldPid = item.node.pid;
        if (item.oldPid)
            item.restartedAt = std::chrono::steady_clock::now();
    } else if (item.node.pid && !node.pid) {
        item.oldPid = item.node.pid;
    }
    item.node = std::move(node);
    const QModelIndex index = indexOf(item);
    emit dataChanged(index, index);
}

const SupervisionNode& SupervisionModel::node(const QModelIndex& index) const {
    return itemOf(index)->node;
}

std::optional<SupervisionModel::Restart> SupervisionModel::recentRestart(const QModelIndex& index) const {
    const Item& item = *itemOf(index);
    if (!item.restartedAt)
        return {};
    const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - *item.restartedAt);
    if (ago > restartShown)
        return {};
    return Restart{item.oldPid, ago};
}

void SupervisionModel::showMore(const QModelIndex& more) {
    Item* family = itemOf(more)->parent;
    family->shownLimit += moreShown;
    family->isStale = true;
    syncFamily(*family);
}

QModelIndex SupervisionModel::find(fiberscope::Pid pid) const {
    std::vector<const Item*> open{m_root.get()};
    while (!open.empty()) {
        const Item* item = open.back();
        open.pop_back();
        if (item->parent != nullptr && item->node.pid == pid)
            return indexOf(*item);
        for (const auto& child : item->children)
            open.push_back(child.get());
    }
    return {};
}

std::optional<SupervisedChild> SupervisionModel::supervisedChild(const QModelIndex& index) const {
    if (!index.isValid() || !itemOf(index)->node.child)
        return {};
    const SupervisionNode& child = itemOf(index)->node;
    const SupervisionNode& supervisor = itemOf(index)->parent->node;
    const QString name = supervisor.name.isEmpty() ? pidText(supervisor.pid) : supervisor.name;
    return SupervisedChild{supervisor.pid, name, *child.child, child.isDynamic};
}

QModelIndexList SupervisionModel::reveal(const SupervisionHits& hits) {
    QModelIndexList found;
    if (hits.application != m_application || m_root->children.empty() || hits.frame == nullptr)
        return found;
    hideRevealed(*m_root, nullptr);
    std::vector<Item*> at(hits.paths.size(), m_root->children.front().get());
    // level by level, so that a family changes once however many of it are found
    for (std::size_t level = 0; revealLevel(hits, level, at); ++level)
        ;
    sync(); // where nothing is found any more
    for (const Item* item : at)
        if (item != nullptr)
            found.append(indexOf(*item));
    return found;
}

/// Goes a step further down each path; false: all are at their end.
bool SupervisionModel::revealLevel(const SupervisionHits& hits, std::size_t level, std::vector<Item*>& at) {
    struct Step {
        std::size_t path;
        QString key;
    };
    std::vector<Step> steps;
    std::vector<Item*> families;
    for (std::size_t i = 0; i < at.size(); ++i) {
        if (at[i] == nullptr || hits.paths[i].size() <= level)
            continue;
        const auto* family = level == 0 ? nullptr : hits.frame->supervisor(at[i]->node.pid);
        const std::size_t place = hits.paths[i][level];
        if (level > 0 && (family == nullptr || place >= family->children.size())) {
            at[i] = nullptr; // it has another process by now
            continue;
        }
        steps.push_back({i, level == 0 ? QString{} : keyOf(*family, place)});
        if (level > 0 && place >= at[i]->shownLimit) {
            at[i]->revealed.push_back({steps.back().key, place});
            at[i]->isStale = true;
            families.push_back(at[i]);
        }
    }
    for (Item* family : families)
        if (family->isStale)
            syncFamily(*family);
    for (const Step& step : steps) {
        Item& family = *at[step.path];
        at[step.path] = level > 0 ? family.childOf(step.key) : family.children.empty() ? nullptr : family.children.front().get();
    }
    return !steps.empty();
}

void SupervisionModel::hideRevealed(Item& item, const Item* kept) {
    const auto isKept = [&](const Revealed& revealed) {
        for (const Item* child = kept; child != nullptr; child = child->parent)
            if (child->parent == &item && child->key == revealed.key)
                return true;
        return false;
    };
    if (std::erase_if(item.revealed, [&](const Revealed& revealed) { return !isKept(revealed); }) > 0)
        item.isStale = true;
    for (const auto& child : item.children)
        hideRevealed(*child, kept);
}

void SupervisionModel::hideFound(const QModelIndex& kept) {
    hideRevealed(*m_root, kept.isValid() ? itemOf(kept) : nullptr);
    sync();
}

std::uint64_t SupervisionModel::idOf(const QModelIndex& index) const {
    return itemOf(index)->id;
}

SupervisionModel::Item* SupervisionModel::itemOf(const QModelIndex& index) const {
    return index.isValid() ? static_cast<Item*>(index.internalPointer()) : m_root.get();
}

QModelIndex SupervisionModel::indexOf(const Item& item) const {
    if (item.parent == nullptr)
        return {};
    return createIndex(item.row, 0, &item);
}

QModelIndex SupervisionModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, itemOf(parent)->children[static_cast<std::size_t>(row)].get());
}

QModelIndex SupervisionModel::parent(const QModelIndex& child) const {
    return child.isValid() ? indexOf(*itemOf(child)->parent) : QModelIndex{};
}

int SupervisionModel::rowCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : static_cast<int>(itemOf(parent)->children.size());
}

int SupervisionModel::columnCount(const QModelIndex&) const {
    return 1;
}

QVariant SupervisionModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const Item& item = *itemOf(index);
    switch (role) {
    case Qt::DisplayRole: return item.node.title();
    case Qt::ToolTipRole: return factsTable(item.node);
    case Qt::AccessibleDescriptionRole: return factsText(item.node);
    case PidRole: return QVariant::fromValue(item.node.pid.bits());
    case NodeIdRole: return QVariant::fromValue(item.id);
    default: return {};
    }
}

} // namespace fiberscope::widgets
