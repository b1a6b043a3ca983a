// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/config.hpp>

/// What the headers refer to, so that a program that is built in another way does not link.
extern "C" {
const char FIBERSCOPE_BUILT_LIKE = 0;
}
