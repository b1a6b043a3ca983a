// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/process.hpp>
#include <fiberscope/term.hpp>

#include <variant>

/// Requests that every server answers, whatever its own: `self.call("store", sys::Suspend{})`. A server handles them
/// between two handlers, in the order of its mailbox; a suspended one handles nothing else but the end of its parent.
/// **Source:** OTP, stdlib, manual page `sys` (rule G12). Wanted differences: a state is a C++ object, so there is `get_state` as
/// its view, but no `replace_state`; tracing is the observer's.
namespace FIBERSCOPE_API fiberscope {
namespace sys {

/// The server's `state()`. **Errors:** `no_state_view` if it has none, `{callback_failed,Reason}` if that one throws.
struct GetState {
    using Reply = Result<Term>;
};
/// From now on messages wait, in order. Twice is no error.
struct Suspend {
    using Reply = std::monostate;
};
/// Messages are handled again; an idle timeout begins anew. Without a suspend before: nothing.
struct Resume {
    using Reply = std::monostate;
};
/// The server answers, and ends with `reason` after its terminate. To wait for its end: Process::stop.
struct Terminate {
    ExitReason reason;
    using Reply = std::monostate;
};

} // namespace sys
} // namespace fiberscope
