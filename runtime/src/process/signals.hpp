// SPDX-License-Identifier: BSL-1.0
/// The signals that are not messages. Messages, exits and downs are Envelopes (message.hpp).
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/inspect.hpp>
#include <fiberscope/message.hpp>

#include <cstdint>
#include <functional>
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

/// What a process tells about itself, before anybody gives its addresses names.
struct RawInspection : Inspection {
    RawStack frames;
};

struct InspectSignal final : Signal {
    Inspect what;
    MessageRange range;
    std::function<void(RawInspection)> done;

    InspectSignal(Inspect members, MessageRange messages, std::function<void(RawInspection)> completion)
        : Signal{SignalKind::inspect}, what{members}, range{messages}, done{std::move(completion)} {}
};

} // namespace fiberscope::detail
