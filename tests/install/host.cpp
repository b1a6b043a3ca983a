// SPDX-License-Identifier: GPL-3.0-or-later
/// A program that loads plugins: `host PLUGIN...`. Messages keep their types across; each plugin runs a Node of its own.
#include "plugin.hpp"

#include <dlfcn.h>

using namespace fiberscope;

namespace {

struct Adder : Server<Adder> {
    using Messages = fiberscope::Messages<Question, Note, Private>;
    Reply<Question> handle_call(const Question& question) { return question.number + 1; }
    void handle_info(Note note) { noted += note.number; }
    void handle_info(Private) { noted = -1'000'000; }
    Term state() const { return noted; }
    int noted = 0;
};

template <class Function>
Function find(void* library, const char* name) {
    void* function = library != nullptr ? ::dlsym(library, name) : nullptr;
    if (function == nullptr) {
        fmt::print(stderr, "{}\n", ::dlerror());
        std::exit(1);
    }
    return reinterpret_cast<Function>(function);
}

} // namespace

int main(int argc, char** argv) {
    Node node{{.schedulers = 1}};
    const Pid adder = *node.start(Adder::start());
    int right = 0;
    for (int i = 1; i < argc; ++i) {
        void* library = ::dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        find<PluginMain>(library, "plugin_main")(node, adder);
        right += find<PluginNode>(library, "plugin_node")();
    }
    node.wait_until_quiet(std::chrono::seconds{5});
    fmt::print("noted {}, {} right\n", to_string(**node.call(adder, sys::GetState{})), right);
}
