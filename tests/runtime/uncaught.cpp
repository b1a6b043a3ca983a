// SPDX-License-Identifier: BSL-1.0
/// A program that ends with what nobody caught in main: tst_uncaught runs it. `uncaught WAY`.
#include <fiberscope/fiberscope.hpp>

using namespace fiberscope;

int main(int argc, char** argv) {
    const std::string way = argc > 1 ? argv[1] : "";
    Node node{{.schedulers = 1}};
    if (way == "error")
        throw Error{Term::atom("no_shop")};
    if (way == "exit")
        node.attach()->exit(ExitReason::shutdown("closing time"));
    if (way == "result")
        node.start_application("shop").value();
}
