// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace fiberscope::detail {

/// Tells the Nodes of a program apart: the 10 bits that pids carry, 1 to 1,023; 0 means nobody. Never that of another Node
/// that lives, and given again only when all others have been.
/// **Thread:** any.
class NodeId {
public:
    /// **Errors:** std::system_error if 1,023 Nodes live.
    NodeId();
    ~NodeId();
    NodeId(const NodeId&) = delete;
    NodeId& operator=(const NodeId&) = delete;

    std::uint32_t number() const noexcept { return number_; }

private:
    const std::uint32_t number_;
};

} // namespace fiberscope::detail
