// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/process_frame.hpp"

#include <QString>

#include <vector>

namespace fiberscope::widgets {

/// Tells which rows a query shows. Interned names are compared once each, so a million rows with ten functions cost
/// ten comparisons of texts.
/// **Thread:** one at a time.
class ProcessFilter {
public:
    explicit ProcessFilter(const ProcessQuery& query);

    bool matches(const ProcessSample& sample, std::size_t index);

private:
    enum class Verdict : std::uint8_t { unknown, no, yes };

    bool textMatches(std::string_view text) const;
    bool nameMatches(std::uint32_t id);

    QString m_text;
    bool m_hideSystem;
    bool m_mayBePid;                 ///< the text has only characters that pids have
    std::vector<Verdict> m_verdicts; ///< by id of an interned name
};

} // namespace fiberscope::widgets
