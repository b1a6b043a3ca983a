// SPDX-License-Identifier: GPL-3.0-or-later
/// What a program and its plugin know of each other. Compiled with -fvisibility=hidden in both.
#pragma once

#include <fiberscope/fiberscope.hpp>

struct Question {
    int number;
    using Reply = int;
};
struct Note {
    int number;
};

namespace { // each has its own of these
struct Private {
    int number;
};
} // namespace

/// Asks the server and sends notes, one of them private, from a process of `node`.
using PluginMain = void (*)(fiberscope::Node& node, fiberscope::Pid server);
/// Runs a Node of the plugin's own; how many of 10 answers were right.
using PluginNode = int (*)();
