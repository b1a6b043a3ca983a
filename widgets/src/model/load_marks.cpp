// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/load_marks.hpp"

#include "model/event_text.hpp"
#include "model/load_history.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace fiberscope::widgets {

namespace {

constexpr double mergeSeconds = 0.25;
constexpr double never = -1e9;
constexpr qsizetype maxLines = 4;
/// Merging begins anew at every so manyth multiple of the distance: so what is merged there depends on nothing before it, but
/// for whether its first mark stands alone.
constexpr double blockOfMerges = 8;

std::optional<LoadMark::Kind> kindOf(const fiberscope::Event& event) {
    switch (event.kind) {
    case fiberscope::EventKind::restart: return LoadMark::Kind::restart;
    case fiberscope::EventKind::gave_up: return LoadMark::Kind::exit;
    case fiberscope::EventKind::exit:
        if (!event.reason.is_clean())
            return LoadMark::Kind::exit;
        return {};
    default: return {};
    }
}

} // namespace

QString LoadMark::text() const {
    QStringList shown = lines;
    if (count > lines.size())
        shown.append(QStringLiteral("… and %1 more").arg(count - lines.size()));
    return shown.join(QLatin1Char{'\n'});
}

bool LoadMark::hasRoom() const {
    return lines.size() < maxLines;
}

void LoadMark::merge(const LoadMark& later) {
    lastSeconds = later.lastSeconds;
    count += later.count;
    for (const QString& line : later.lines)
        if (hasRoom())
            lines.append(line);
}

std::vector<LoadMark> LoadMarks::merged(double seconds) const {
    struct Newest {
        std::size_t index = 0; ///< in result
        double from = never;   ///< what comes within `seconds` of this goes with it
    };
    std::vector<LoadMark> result;
    std::array<Newest, LoadMark::kinds.size()> newest;
    const auto blockOf = [seconds](double at) { return std::floor(at / (blockOfMerges * seconds)); };
    for (const LoadMark& mark : m_marks) {
        auto& [index, from] = newest[static_cast<std::size_t>(mark.kind)];
        const bool isNear = mark.uptimeSeconds - from < seconds;
        if (isNear) {
            result[index].merge(mark);
        } else {
            index = result.size();
            result.push_back(mark);
        }
        // the first of a block takes what comes next with it also where it is too near to the one before to stand alone
        if (!isNear || blockOf(mark.uptimeSeconds) != blockOf(from))
            from = mark.uptimeSeconds;
    }
    return result;
}

void LoadMarks::add(const fiberscope::Event& event, double uptimeSeconds) {
    const auto kind = kindOf(event);
    if (!kind)
        return;
    ++m_revision;
    const auto isSame = [&](const LoadMark& mark) {
        return mark.kind == *kind && uptimeSeconds - mark.uptimeSeconds < mergeSeconds;
    };
    // the two kinds alternate (an exit, its restart), so the mark to merge with is one of the last two
    const auto newest = m_marks.rbegin();
    const auto end = newest + std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(m_marks.size()));
    const auto same = std::find_if(newest, end, isSame);
    LoadMark mark{uptimeSeconds, uptimeSeconds, *kind, 1, {}};
    if (same == end || same->hasRoom()) // events come by the thousand, and only few texts are kept
        mark.lines.append(eventText(event));
    if (same == end)
        m_marks.push_back(mark);
    else
        same->merge(mark);
    while (m_marks.front().uptimeSeconds < uptimeSeconds - static_cast<double>(LoadHistory::maxLength.count()))
        m_marks.pop_front();
}

} // namespace fiberscope::widgets
