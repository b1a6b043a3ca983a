// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/process_frame.hpp"

#include <QString>
#include <QVariant>

#include <span>

namespace fiberscope::widgets {

/// Everything that is to be known of one column of the process table. A new column is one more entry of the table.
struct ProcessColumnInfo {
    const char* id;          ///< for the settings file; never changes
    const char* title;       ///< in the header
    const char* description; ///< the term explained, for the tooltip of the header
    int width;               ///< in pixels at 96 dpi
    Qt::Alignment alignment;
    bool shown;                    ///< unless the user chose otherwise
    Qt::SortOrder firstClickOrder; ///< what a first click on the header sorts by

    /// What the eye reads.
    QString (*text)(const ProcessFrame& frame, std::size_t index);
    /// What it sorts by, and the raw value for programs (bytes, ns, ms, 1/100 %); nullptr for a column of texts.
    std::uint64_t (*number)(const ProcessSample& sample, std::size_t index, const ProcessQuery& query);
    /// What a column of texts sorts by; nullptr for a column of numbers.
    std::string_view (*sortText)(const ProcessSample& sample, std::size_t index);
};

/// The table, indexed by ProcessColumn.
std::span<const ProcessColumnInfo> processColumns() noexcept;
const ProcessColumnInfo& processColumn(ProcessColumn column) noexcept;

/// The shown text; `index` is an index of the frame's sample.
QString processText(const ProcessFrame& frame, std::size_t index, ProcessColumn column);
/// The number or text behind it, for tests, sorting and copying.
QVariant processRaw(const ProcessFrame& frame, std::size_t index, ProcessColumn column);

} // namespace fiberscope::widgets
