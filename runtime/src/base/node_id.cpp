// SPDX-License-Identifier: BSL-1.0
#include "base/node_id.hpp"

#include <bitset>
#include <mutex>
#include <system_error>

namespace fiberscope::detail {

namespace {

constexpr std::uint32_t most_nodes = 1023;

struct NodeIds {
    std::mutex mutex; ///< protects the members below
    std::bitset<most_nodes + 1> used;
    std::uint32_t last = 0;
};

NodeIds& ids() {
    static NodeIds& the_ids = *new NodeIds; // never destroyed: a Node may be static
    return the_ids;
}

std::uint32_t take_number() {
    const std::lock_guard lock{ids().mutex};
    for (std::uint32_t tries = 0; tries < most_nodes; ++tries) {
        ids().last = ids().last % most_nodes + 1;
        if (!ids().used[ids().last]) {
            ids().used[ids().last] = true;
            return ids().last;
        }
    }
    throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again), "1,023 Nodes live"};
}

} // namespace

NodeId::NodeId() : number_{take_number()} {}

NodeId::~NodeId() {
    const std::lock_guard lock{ids().mutex};
    ids().used[number_] = false;
}

} // namespace fiberscope::detail
