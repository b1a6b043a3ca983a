// SPDX-License-Identifier: BSL-1.0
// says: a type is forgotten in Messages
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Put {
    std::string value;
};
struct Drop {
    std::string value;
};

struct Store final : Server<Store> {
    using Messages = fiberscope::Messages<Put>;
    void handle_cast(const Put&) {}
    void handle_cast(const Drop&) {}
    void handle_info(const Message&) {}
};

const ServerSpec store = Store::start();
