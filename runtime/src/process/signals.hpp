// SPDX-License-Identifier: BSL-1.0
/// The signals that are not messages. Messages, exits and downs are Envelopes (message.hpp).
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/inspect.hpp>
#include <fiberscope/message.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fiberscope::detail {

/// link, unlink, unlink_ack. `stamp`: see LinkTable.
struct LinkSignal final : Signal {
    std::uint64_t stamp;
    LinkSignal(SignalKind signal_kind, std::uint64_t link_stamp) noexcept : Signal{signal_kind}, stamp{link_stamp} {}
};

/// monitor, demonitor.
struct MonitorSignal final : Signal {
    MonitorRef ref;
    Atom name; ///< the name by which the monitor was made, or `undefined`
    MonitorSignal(SignalKind signal_kind, MonitorRef monitor, Atom by_name) noexcept
        : Signal{signal_kind}, ref{monitor}, name{by_name} {}
};

/// suspend, resume.
struct SuspendSignal final : Signal {
    using Signal::Signal;
};

/// What a process tells about itself, before anybody gives its addresses names and prints its terms.
struct RawInspection : Inspection {
    RawStack frames;
    std::optional<Term> state_term;
    std::vector<std::pair<std::string, Term>> dictionary_terms;
};

/// Calls `take` with the entries of a page.
template <class Entries, class Take>
void for_page(const Entries& entries, PageRange range, Take take) {
    std::size_t index = 0;
    for (auto at = entries.begin(); at != entries.end() && index < range.first + range.count; ++at, ++index)
        if (index >= range.first)
            take(*at);
}

struct InspectSignal final : Signal {
    Inspect what;
    PageRange range;
    std::function<void(RawInspection)> done;

    InspectSignal(Inspect members, PageRange page, std::function<void(RawInspection)> completion)
        : Signal{SignalKind::inspect}, what{members}, range{page}, done{std::move(completion)} {}
};

} // namespace fiberscope::detail
