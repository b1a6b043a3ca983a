// SPDX-License-Identifier: BSL-1.0
/// A program that ends with what nobody caught in main, or a fault: tst_uncaught runs it. `uncaught WAY`.
#include <fiberscope/fiberscope.hpp>

#include <csignal>

using namespace fiberscope;

int main(int argc, char** argv) {
    const std::string way = argc > 1 ? argv[1] : "";
    NodeConfig config{.schedulers = 1};
    config.crash_report_file = way != "fault without a file";
    config.signal_handlers = way != "fault without handlers";
    Node node{config};
    if (way.starts_with("fault"))
        std::raise(SIGSEGV);
    if (way == "error")
        throw Error{Term::atom("no_shop")};
    if (way == "exit")
        node.attach()->exit(ExitReason::shutdown("closing time"));
    if (way == "result")
        node.start_application("shop").value();
}
