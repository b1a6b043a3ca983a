// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace fiberscope::detail {

/// Puts the text of a crash report into a new file of the folder for temporary files, or where that cannot be, of another;
/// returns the sentence that tells where it is, or why it is nowhere. A file that could not be written whole is removed.
/// **Blocks:** on the disk.
std::string save_report(const std::string& text);

} // namespace fiberscope::detail
