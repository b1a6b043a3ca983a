// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/process_frame.hpp"
#include "model/recycle_pool.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace fiberscope::widgets {

/// How a sample comes to be taken.
struct SampleKind {
    /// Taken within an interval, to show at once what a command changed: who came and went, and how they are. What was done
    /// stays that of the last refresh, and the next one counts on from there.
    bool isUpdate = false;
    /// How long an interval should be. One that was much longer, by a pause or another tab, is counted as if it were that
    /// long; 0: as it is.
    std::chrono::nanoseconds pace{0};
};

/// Makes frames of samples: compares a sample with that of the last refresh, filters and sorts.
/// **Thread:** one at a time; the frames are for any.
class ProcessFrameBuilder {
public:
    /// A sample to take a snapshot into: fill `snapshot`, nothing else, and hand it to `add`.
    std::shared_ptr<ProcessSample> newSample();
    /// Compares the sample with that of the last refresh, which it then replaces unless it is an update. The first sample,
    /// and what starts in the second after it, is nobody's news.
    void add(std::shared_ptr<ProcessSample> sample, const SampleKind& kind);
    /// The last sample, or nullptr.
    const ProcessSamplePtr& last() const noexcept { return m_last; }
    /// The last sample as the query wants it; there must be one.
    /// **Cost:** n log n of the rows that match; about 0.2 s for a million.
    ProcessFramePtr frame(const ProcessQuery& query);

private:
    struct SortEntry {
        std::uint64_t key;
        std::uint32_t index; ///< breaks ties, so equal rows keep their order
        bool operator<(const SortEntry& other) const noexcept { return key != other.key ? key < other.key : index < other.index; }
    };

    void selectRows(const ProcessQuery& query);
    void setNumberKeys(const ProcessQuery& query);
    void setTextKeys(const ProcessQuery& query);

    RecyclePool<ProcessSample> m_samples{3};
    RecyclePool<ProcessFrame> m_frames{2};
    ProcessSamplePtr m_last;
    ProcessSamplePtr m_refreshed;     ///< that of the last refresh
    std::uint64_t m_newsFrom = 0;     ///< who started before this is not marked; in ms since the start of the Node
    std::vector<SortEntry> m_entries; ///< kept for its memory
};

} // namespace fiberscope::widgets
