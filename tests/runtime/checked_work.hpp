// SPDX-License-Identifier: BSL-1.0
/// Work that a process does and checks itself: what an interruption in the wrong place, or one that does not keep
/// everything, would spoil.
#pragma once

#include <array>
#include <cerrno>
#include <cfenv>
#include <csignal>
#include <cstdint>
#include <exception>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <emmintrin.h>

namespace fiberscope::test {

inline bool mallocs(int round) {
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i)
        texts.push_back(std::string(static_cast<std::size_t>(20 + (i * round) % 300), static_cast<char>('a' + i % 26)));
    bool right = true;
    for (int i = 0; i < 40; ++i)
        right = right && texts[static_cast<std::size_t>(i)] ==
                             std::string(static_cast<std::size_t>(20 + (i * round) % 300), static_cast<char>('a' + i % 26));
    return right;
}

inline bool throws(int round) {
    struct Thrown {
        int value;
    };
    const auto fail = [](int value) { throw Thrown{value}; };
    int sum = 0;
    for (int i = 0; i < 5; ++i) {
        try {
            try {
                fail(i + round);
            } catch (const Thrown& outer) {
                try {
                    fail(1000);
                } catch (const Thrown& inner) {
                    sum += inner.value;
                }
                if (std::uncaught_exceptions() != 0)
                    return false;
                throw; // must be the outer one, whoever ran meanwhile
            }
        } catch (const Thrown& again) {
            sum += again.value;
        }
    }
    return sum == 5 * 1000 + 5 * round + 10;
}

inline bool streams(int round) {
    std::ostringstream out;
    for (int i = 0; i < 20; ++i)
        out << round << ' ' << i * 1.5 << ' ';
    std::istringstream in{out.str()};
    for (int i = 0; i < 20; ++i) {
        int number = 0;
        double half = 0;
        in >> number >> half;
        if (number != round || half != i * 1.5)
            return false;
    }
    return true;
}

inline bool maps(int round) {
    std::map<int, int> tree;
    for (int i = 0; i < 200; ++i)
        tree[(i * 7919 + round) % 1009] = i;
    for (int i = 0; i < 100; ++i)
        tree.erase((i * 7919 + round) % 1009);
    int last = -1;
    for (const auto& [key, value] : tree) {
        if (key <= last)
            return false;
        last = key;
    }
    return tree.size() == 100;
}

inline bool floats(int round) {
    const auto compute = [](double x) {
        for (int i = 0; i < 20'000; ++i) {
            x = x * 1.0000001 + 0.5;
            if (x > 1e6)
                x -= 1e6;
        }
        return x;
    };
    return compute(round + 0.25) == compute(round + 0.25);
}

/// Keeps values in vector registers over a loop that the compiler cannot shorten.
inline bool vectors(int round) {
    __m128i sum = _mm_set_epi32(round, 1, 2, 3);
    __m128i step = _mm_set_epi32(4, 5, 6, 7);
    for (int i = 0; i < 20'000; ++i) {
        sum = _mm_add_epi32(sum, step);
        asm volatile("" : "+x"(sum), "+x"(step));
    }
    alignas(16) int result[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(result), sum);
    return result[3] == round + 80'000 && result[2] == 1 + 100'000 && result[1] == 2 + 120'000 && result[0] == 3 + 140'000;
}

inline bool rounds_upward(int /*round*/) {
    std::fesetround(FE_UPWARD);
    for (int i = 0; i < 5'000; ++i) {
        volatile double one = 1;
        volatile double tiny = 1e-30;
        if (one + tiny <= 1) { // to nearest it would be 1
            std::fesetround(FE_TONEAREST);
            return false;
        }
    }
    std::fesetround(FE_TONEAREST);
    return true;
}

inline bool rounds_to_nearest(int /*round*/) {
    for (int i = 0; i < 5'000; ++i) {
        volatile double one = 1;
        volatile double tiny = 1e-30;
        if (one + tiny != 1)
            return false;
    }
    return true;
}

inline bool keeps_errno(int round) {
    errno = round;
    volatile int count = 0;
    for (int i = 0; i < 20'000; ++i)
        count = count + 1;
    return errno == round;
}

/// One kind of work; `is_right` does a piece of it and says whether the result is right.
struct CheckedWork {
    const char* name;
    bool (*is_right)(int round);
};

inline constexpr std::array checked_works{
    CheckedWork{"malloc", mallocs},
    CheckedWork{"exceptions", throws},
    CheckedWork{"streams", streams},
    CheckedWork{"maps", maps},
    CheckedWork{"floating point", floats},
    CheckedWork{"vector registers", vectors},
    CheckedWork{"rounding upward", rounds_upward},
    CheckedWork{"rounding to nearest", rounds_to_nearest},
    CheckedWork{"errno", keeps_errno},
};

/// How often it was done, and how often the result was wrong.
struct Checked {
    std::uint64_t rounds = 0;
    std::uint64_t wrong = 0;
};

/// Does it once, and then until `stop` is set.
inline Checked check_until(const volatile std::sig_atomic_t& stop, const CheckedWork& work) {
    Checked checked;
    int round = 0;
    do {
        ++checked.rounds;
        checked.wrong += work.is_right(++round) ? 0 : 1;
    } while (stop == 0);
    return checked;
}

} // namespace fiberscope::test
