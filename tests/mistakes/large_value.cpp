// SPDX-License-Identifier: BSL-1.0
// says: a message holds more than 16 KiB by value: keep that in a std::vector, std::string or std::unique_ptr
#include <array>
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Frame {
    int number;
    std::array<char, 1'000'000> pixels;
};

void show(Process& self) {
    self.send("screen", Frame{});
}
