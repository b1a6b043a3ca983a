// SPDX-License-Identifier: BSL-1.0
/// The whole runtime in one header.
#pragma once

#include <fiberscope/application.hpp>
#include <fiberscope/events.hpp>
#include <fiberscope/fault_text.hpp>
#include <fiberscope/inspect.hpp>
#include <fiberscope/message.hpp>
#include <fiberscope/message_memory.hpp>
#include <fiberscope/message_value.hpp>
#include <fiberscope/node.hpp>
#include <fiberscope/node_config.hpp>
#include <fiberscope/pid.hpp>
#include <fiberscope/preemption.hpp>
#include <fiberscope/priority.hpp>
#include <fiberscope/process.hpp>
#include <fiberscope/receive.hpp>
#include <fiberscope/result.hpp>
#include <fiberscope/server.hpp>
#include <fiberscope/snapshot.hpp>
#include <fiberscope/supervision.hpp>
#include <fiberscope/supervisor.hpp>
#include <fiberscope/sys.hpp>
#include <fiberscope/target.hpp>
#include <fiberscope/task.hpp>
#include <fiberscope/term.hpp>
