// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/process_frame.hpp"
#include "model/recycle_pool.hpp"

#include <memory>
#include <vector>

namespace fiberscope::widgets {

/// Makes frames of samples: compares a sample with the one before, filters and sorts.
/// **Thread:** one at a time; the frames are for any.
class ProcessFrameBuilder {
public:
    /// A sample to take a snapshot into: fill `snapshot`, nothing else, and hand it to `add`.
    std::shared_ptr<ProcessSample> newSample();
    /// Compares the sample with the last one, which it then replaces.
    void add(std::shared_ptr<ProcessSample> sample);
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

    RecyclePool<ProcessSample> m_samples{2};
    RecyclePool<ProcessFrame> m_frames{2};
    ProcessSamplePtr m_last;
    std::vector<SortEntry> m_entries; ///< kept for its memory
};

} // namespace fiberscope::widgets
