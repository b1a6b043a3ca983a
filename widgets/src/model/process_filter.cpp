// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/process_filter.hpp"

#include "model/text_format.hpp"

#include <algorithm>

namespace fiberscope::widgets {

ProcessFilter::ProcessFilter(const ProcessQuery& query)
    : m_text{query.filter.trimmed()}, m_hideSystem{query.hideSystemProcesses},
      m_mayBePid{std::all_of(m_text.begin(), m_text.end(),
                             [](QChar character) { return QStringLiteral("<0123456789.>").contains(character); })} {}

bool ProcessFilter::matches(const ProcessSample& sample, std::size_t index) {
    const auto& process = sample.row(index);
    if (m_hideSystem && process.is_system())
        return false;
    if (m_text.isEmpty())
        return true;
    if (nameMatches(process.registered_name) || nameMatches(process.initial_function) || nameMatches(process.current_function))
        return true;
    if (m_mayBePid && fiberscope::to_string(process.pid).find(m_text.toStdString()) != std::string::npos)
        return true;
    return process.has_label() && textMatches(sample.label(index));
}

bool ProcessFilter::textMatches(std::string_view text) const {
    return toQString(text).contains(m_text, Qt::CaseInsensitive);
}

bool ProcessFilter::nameMatches(std::uint32_t id) {
    if (id == 0)
        return false;
    if (id >= m_verdicts.size())
        m_verdicts.resize(id + 1, Verdict::unknown);
    auto& verdict = m_verdicts[id];
    if (verdict == Verdict::unknown)
        verdict = textMatches(fiberscope::name_of(id)) ? Verdict::yes : Verdict::no;
    return verdict == Verdict::yes;
}

} // namespace fiberscope::widgets
