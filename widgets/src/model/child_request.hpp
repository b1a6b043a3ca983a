// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/supervision_node.hpp"

#include <fiberscope/supervisor.hpp>

#include <QString>

#include <optional>

namespace fiberscope::widgets {

/// What a supervisor can be asked to do with one of its children, in OTP's words.
enum class ChildRequest : std::uint8_t {
    terminate, ///< `supervisor:terminate_child/2`: the child stays known, without a process
    restart,   ///< `supervisor:restart_child/2`: starts one that is stopped
    remove,    ///< `supervisor:delete_child/2`: the supervisor forgets one that is stopped
};

/// What a supervisor said to it.
struct ChildAnswer {
    bool isAnswered = true;                 ///< false: the call failed, `error` says why
    std::optional<fiberscope::Term> error;  ///< nothing: ok
    std::optional<fiberscope::Pid> started; ///< restart: the new process; the default Pid for `ignore`
};

/// Whether it makes sense for a child in this state; of a simple_one_for_one supervisor children are only terminated.
bool isPossible(ChildRequest request, const SupervisedChild& child);
/// `Terminate child 'till' of shop_sup`.
QString requestText(ChildRequest request, const SupervisedChild& child);
/// The child with its supervisor and their pids, for a question: `'till' <0.9.0> of shop_sup <0.5.0>`.
QString childText(const SupervisedChild& child);
/// What it does, or why it cannot be done now.
QString requestExplanation(ChildRequest request, const SupervisedChild& child);
/// While no answer has come, rich text.
QString waitingText(ChildRequest request, const SupervisedChild& child);
/// The outcome in plain words and OTP's term, rich text with pids as links.
QString answerText(ChildRequest request, const SupervisedChild& child, const ChildAnswer& answer);

} // namespace fiberscope::widgets
