// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/supervision_model.hpp"

#include "model/text_format.hpp"

#include <QSet>

#include <algorithm>

namespace fiberscope::widgets {

struct SupervisionModel::Item {
    SupervisionNode node;
    std::uint64_t id = 0; ///< never given to another item
    int row = 0;
    Item* parent = nullptr;
    std::vector<std::unique_ptr<Item>> children;
    std::size_t shownLimit = firstShown;
    fiberscope::Pid oldPid;
    std::optional<std::chrono::steady_clock::time_point> restartedAt;

    void renumber(std::size_t from) {
        for (std::size_t i = from; i < children.size(); ++i)
            children[i]->row = static_cast<int>(i);
    }
};

namespace {

/// What makes a child the same child in the next frame.
QString keyOf(const SupervisionNode& node) {
    if (node.kind == SupervisionNode::Kind::more)
        return QStringLiteral("more");
    if (!node.childId.isEmpty())
        return QLatin1Char{'i'} + node.childId;
    if (node.isDynamic && !node.pid)
        return QLatin1Char{'w'} + QString::number(node.withoutProcess);
    return node.kind == SupervisionNode::Kind::master ? QStringLiteral("master") : QLatin1Char{'p'} + pidText(node.pid);
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

bool contains(const SupervisionNode& node, const QString& text) {
    return node.title().contains(text, Qt::CaseInsensitive) || node.childId.contains(text, Qt::CaseInsensitive) ||
           pidText(node.pid).contains(text);
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
    m_frame = std::move(frame);
    sync();
}

void SupervisionModel::sync() {
    if (m_frame)
        syncChildren(*m_root, wantedRoot());
}

SupervisionModel::Wanted SupervisionModel::wantedRoot() const {
    const auto* application = m_application ? m_frame->application(m_application) : nullptr;
    if (application == nullptr)
        return {};
    SupervisionNode master;
    master.kind = SupervisionNode::Kind::master;
    master.pid = application->master;
    master.name = toQString(application->name.name());
    return {std::move(master)};
}

SupervisionModel::Wanted SupervisionModel::wantedChildren(const Item& item) const {
    Wanted wanted;
    if (item.node.kind == SupervisionNode::Kind::master) {
        SupervisionNode top;
        top.kind = SupervisionNode::Kind::supervisor;
        top.pid = m_frame->application(m_application)->supervisor;
        fillFamily(top);
        wanted.push_back(std::move(top));
        return wanted;
    }
    const auto* info = m_frame->supervisor(item.node.pid);
    if (item.node.kind != SupervisionNode::Kind::supervisor || info == nullptr)
        return wanted;
    // one child more is no reason to hide it
    const std::size_t all = info->children.size();
    const std::size_t shown = all <= item.shownLimit + 1 ? all : item.shownLimit;
    const bool isDynamic = info->strategy == fiberscope::Strategy::simple_one_for_one;
    std::size_t withoutProcess = 0;
    for (std::size_t i = 0; i < shown; ++i) {
        wanted.push_back(childNode(info->children[i], isDynamic));
        if (!wanted.back().pid)
            wanted.back().withoutProcess = withoutProcess++;
    }
    if (shown < all) {
        SupervisionNode more;
        more.kind = SupervisionNode::Kind::more;
        more.hiddenCount = all - shown;
        wanted.push_back(std::move(more));
    }
    return wanted;
}

SupervisionNode SupervisionModel::childNode(const fiberscope::ChildInfo& child, bool isDynamic) const {
    SupervisionNode node;
    node.kind =
        child.type == fiberscope::ChildType::supervisor ? SupervisionNode::Kind::supervisor : SupervisionNode::Kind::worker;
    node.pid = child.pid;
    node.isDynamic = isDynamic;
    if (!isDynamic)
        node.childId = QString::fromStdString(to_string(child.id));
    node.child = child;
    fillFamily(node);
    return node;
}

void SupervisionModel::fillFamily(SupervisionNode& node) const {
    if (const auto name = m_frame->names.find(node.pid); name != m_frame->names.end())
        node.name = name->second;
    if (node.kind != SupervisionNode::Kind::supervisor)
        return;
    node.isUnanswered = m_frame->unanswered.contains(node.pid);
    if (const auto* info = m_frame->supervisor(node.pid); info != nullptr)
        node.family = SupervisionNode::Family{info->strategy,           info->intensity, info->period_s,
                                              info->restarts_in_period, info->restarts,  info->children.size()};
}

void SupervisionModel::syncChildren(Item& item, Wanted wanted) {
    removeUnwanted(item, wanted);
    QSet<QString> present;
    for (const auto& child : item.children)
        present.insert(keyOf(child->node));
    for (std::size_t row = 0; row < wanted.size(); ++row) {
        const QString key = keyOf(wanted[row]);
        if (!present.contains(key)) {
            std::size_t count = 1;
            while (row + count < wanted.size() && !present.contains(keyOf(wanted[row + count])))
                ++count;
            insert(item, row, wanted, count);
            row += count - 1;
            continue;
        }
        auto found = item.children.begin() + static_cast<std::ptrdiff_t>(row);
        if (keyOf((*found)->node) != key) {
            found = std::find_if(found, item.children.end(), [&](const auto& child) { return keyOf(child->node) == key; });
            const auto from = static_cast<int>(found - item.children.begin());
            const QModelIndex parent = indexOf(item);
            beginMoveRows(parent, from, from, parent, static_cast<int>(row));
            std::rotate(item.children.begin() + static_cast<std::ptrdiff_t>(row), found, found + 1);
            item.renumber(row);
            endMoveRows();
        }
        change(*item.children[row], std::move(wanted[row]));
    }
    for (const auto& child : item.children)
        syncChildren(*child, wantedChildren(*child));
}

void SupervisionModel::removeUnwanted(Item& item, const Wanted& wanted) {
    QSet<QString> keys;
    for (const SupervisionNode& node : wanted)
        keys.insert(keyOf(node));
    for (std::size_t end = item.children.size(); end > 0;) {
        std::size_t first = end;
        while (first > 0 && !keys.contains(keyOf(item.children[first - 1]->node)))
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

void SupervisionModel::insert(Item& parent, std::size_t row, Wanted& wanted, std::size_t count) {
    beginInsertRows(indexOf(parent), static_cast<int>(row), static_cast<int>(row + count) - 1);
    for (std::size_t i = 0; i < count; ++i) {
        auto item = std::make_unique<Item>();
        item->node = std::move(wanted[row + i]);
        item->id = m_nextId++;
        item->parent = &parent;
        parent.children.insert(parent.children.begin() + static_cast<std::ptrdiff_t>(row + i), std::move(item));
    }
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
    syncChildren(*family, wantedChildren(*family));
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

QModelIndexList SupervisionModel::search(const QString& text) {
    QModelIndexList found;
    if (text.isEmpty())
        return found;
    std::vector<Item*> open{m_root.get()};
    while (!open.empty()) {
        Item* item = open.back();
        open.pop_back();
        if (item->parent != nullptr && item->node.kind != SupervisionNode::Kind::more && contains(item->node, text))
            found.append(indexOf(*item));
        revealHidden(*item, text);
        for (auto child = item->children.rbegin(); child != item->children.rend(); ++child)
            open.push_back(child->get());
    }
    return found;
}

bool SupervisionModel::revealHidden(Item& item, const QString& text) {
    const auto* info = m_frame ? m_frame->supervisor(item.node.pid) : nullptr;
    if (info == nullptr || item.children.empty() || item.children.back()->node.kind != SupervisionNode::Kind::more)
        return false;
    if (std::any_of(item.children.begin(), item.children.end(), [&](const auto& child) { return contains(child->node, text); }))
        return false;
    const bool isDynamic = info->strategy == fiberscope::Strategy::simple_one_for_one;
    for (std::size_t i = item.shownLimit; i < info->children.size(); ++i) {
        if (!contains(childNode(info->children[i], isDynamic), text))
            continue;
        item.shownLimit = i + 1;
        syncChildren(item, wantedChildren(item));
        return true;
    }
    return false;
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
