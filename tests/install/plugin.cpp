// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.hpp"

using namespace fiberscope;

namespace {

struct Doubler : Server<Doubler> {
    using Messages = fiberscope::Messages<Question>;
    Reply<Question> handle_call(const Question& question) { return 2 * question.number; }
};

} // namespace

extern "C" [[gnu::visibility("default")]] void plugin_main(Node& node, Pid server) {
    auto me = node.attach();
    me->send(server, Private{1});
    me->send(server, Note{me->call(server, Question{20})});
    node.spawn([server](Process& self) { self.send(server, Note{self.call(server, Question{1})}); });
}

extern "C" [[gnu::visibility("default")]] int plugin_node() {
    Node node{{.schedulers = 1}};
    const Pid doubler = *node.start(Doubler::start());
    int right = 0;
    for (int i = 0; i < 10; ++i)
        right += *node.call(doubler, Question{i}) == 2 * i;
    return right;
}
