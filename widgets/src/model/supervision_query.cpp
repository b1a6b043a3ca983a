// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/supervision_query.hpp"

#include "model/text_format.hpp"

namespace fiberscope::widgets {

namespace {

/// Walks a tree in the order of its boxes.
class Walk {
public:
    Walk(SupervisionHits& hits, const std::atomic<bool>& isCancelled) : m_hits{hits}, m_isCancelled{isCancelled} {}

    void take(const SupervisionNode& node) {
        if (m_hits.query.matches(node)) {
            ++m_hits.count;
            if (m_hits.paths.size() < SupervisionHits::mostPaths)
                m_hits.paths.push_back(m_path);
        }
        const auto* family =
            node.kind == SupervisionNode::Kind::supervisor && node.pid ? m_hits.frame->supervisor(node.pid) : nullptr;
        if (family == nullptr)
            return;
        for (std::size_t i = 0; i < family->children.size() && !m_isCancelled; ++i)
            takeBelow(i, childNode(*m_hits.frame, *family, i));
    }
    void takeBelow(std::size_t row, const SupervisionNode& node) {
        m_path.push_back(row);
        take(node);
        m_path.pop_back();
    }

private:
    SupervisionHits& m_hits;
    const std::atomic<bool>& m_isCancelled;
    SupervisionHits::Path m_path;
};

} // namespace

bool SupervisionQuery::matches(const SupervisionNode& node) const {
    if (isEmpty() || node.kind == SupervisionNode::Kind::more)
        return false;
    return (named && node.pid == named) || node.name.contains(text, Qt::CaseInsensitive) ||
           node.childId.contains(text, Qt::CaseInsensitive) || pidText(node.pid).contains(text);
}

SupervisionHits search(const SupervisionFramePtr& frame, fiberscope::Atom application, const SupervisionQuery& query,
                       const std::atomic<bool>& isCancelled) {
    SupervisionHits hits;
    hits.frame = frame;
    hits.application = application;
    hits.query = query;
    const auto* found = frame != nullptr && application ? frame->application(application) : nullptr;
    if (found == nullptr)
        return hits;
    Walk walk{hits, isCancelled};
    walk.take(masterNode(*found));
    walk.takeBelow(0, topNode(*frame, *found));
    return hits;
}

SupervisionNode masterNode(const fiberscope::ApplicationInfo& application) {
    SupervisionNode master;
    master.kind = SupervisionNode::Kind::master;
    master.pid = application.master;
    master.name = toQString(application.name.name());
    return master;
}

SupervisionNode topNode(const SupervisionFrame& frame, const fiberscope::ApplicationInfo& application) {
    SupervisionNode top;
    top.kind = SupervisionNode::Kind::supervisor;
    top.pid = application.supervisor;
    top.name = frame.name(top.pid);
    fillFamily(frame, top);
    return top;
}

SupervisionNode childNode(const SupervisionFrame& frame, const fiberscope::SupervisorInfo& family, std::size_t child) {
    const auto& info = family.children[child];
    SupervisionNode node;
    node.kind =
        info.type == fiberscope::ChildType::supervisor ? SupervisionNode::Kind::supervisor : SupervisionNode::Kind::worker;
    node.pid = info.pid;
    node.name = frame.name(node.pid);
    node.isDynamic = family.strategy == fiberscope::Strategy::simple_one_for_one;
    if (!node.isDynamic)
        node.childId = QString::fromStdString(to_string(info.id));
    node.child = info;
    fillFamily(frame, node);
    return node;
}

void fillFamily(const SupervisionFrame& frame, SupervisionNode& node) {
    if (node.kind != SupervisionNode::Kind::supervisor)
        return;
    node.isUnanswered = frame.unanswered.contains(node.pid);
    if (const auto* info = frame.supervisor(node.pid); info != nullptr)
        node.family = SupervisionNode::Family{info->strategy,           info->intensity, info->period_s,
                                              info->restarts_in_period, info->restarts,  info->children.size()};
}

} // namespace fiberscope::widgets
