#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# use.sh WHAT: uses the Fiberscope that is installed in $PREFIX as a stranger would. The sources are in $SOURCE, what is
# built goes to $BUILD. Says what went wrong, and fails.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
example=$SOURCE/tests/examples/counter.cpp
wanted=$'total 42\ntotal 1 after its restart'
allocating=$here/allocating.cpp
counted="counted, a megabyte"
not_linked="not counted: the program is not linked with Fiberscope::Allocation, little"
mkdir -p "$BUILD"
libdir=$(dirname -- "$(find "$PREFIX" -name fiberscope-runtime.pc)")
export CCACHE_NOHASHDIR=1 # as in the build of what is installed: the same objects
export PKG_CONFIG_PATH=$libdir LD_LIBRARY_PATH=${libdir%/pkgconfig}

fail() {
    echo "use.sh: $*" >&2
    exit 1
}

# Runs a program and compares what it prints. It must not miss anything that its compiler was to be told.
expect() {
    local printed
    printed=$("${@:2}" 2>"$BUILD/stderr") || { cat "$BUILD/stderr"; fail "${*:2}: status $?"; }
    [[ $printed == "$1" ]] || fail "${*:2} printed:"$'\n'"$printed"
    if grep "The program is compiled without" "$BUILD/stderr"; then
        fail "${*:2} is not compiled as it has to be"
    fi
}

# Runs a command that has to fail, and to say $1.
expect_failure() {
    local printed
    if printed=$("${@:2}" 2>&1); then
        fail "${*:2}: succeeded"
    fi
    [[ $printed == *"$1"* ]] || fail "${*:2} did not say '$1', but:"$'\n'"$printed"
    (($(wc -l <<<"$printed") < 30)) || fail "${*:2} said too much:"$'\n'"$printed"
}

# Configures, builds and runs the small project.
build_project() {
    local directory=$BUILD/$1
    rm -rf -- "$directory"
    cmake -S "$here/project" -B "$directory" -G Ninja -DPROGRAM="$example" "${@:2}" >"$BUILD/$1.log" 2>&1 &&
        cmake --build "$directory" >>"$BUILD/$1.log" 2>&1 || { cat "$BUILD/$1.log"; fail "$1 does not build"; }
    expect "$wanted" "$directory/counter"
    expect "$counted" "$directory/allocating"
}

# compile COMPILER OUTPUT [flags and sources...]: with what pkg-config says of $PACKAGES (the runtime alone), static libraries if
# that is what there is.
compile() {
    local -a cflags libs
    read -r -a cflags < <(pkg-config --cflags "${PACKAGES:-fiberscope-runtime}")
    read -r -a libs < <(pkg-config --libs "${PACKAGES:-fiberscope-runtime}")
    "$1" "${cflags[@]}" "${@:3}" -o "$2" "${libs[@]}"
}

use_find_package() {
    build_project find_package -DCMAKE_PREFIX_PATH="$PREFIX" -DCOMPONENTS=Runtime
    local -a ask=(cmake -S "$here/project" -G Ninja -DPROGRAM="$example" -DCMAKE_PREFIX_PATH="$PREFIX")
    expect_failure "Fiberscope has no component Gui: there are Runtime and Widgets." "${ask[@]}" -B "$BUILD/unknown" -DCOMPONENTS=Gui
    grep -q -e -fstack-clash-protection "$BUILD/find_package/build.ninja" || fail "the target does not bring its flags"
}

use_pkg_config() {
    compile "${CXX:-g++}" "$BUILD/counter" -std=c++20 -O2 "$example"
    expect "$wanted" "$BUILD/counter"
    compile g++ "$BUILD/not_linked" -std=c++20 -O2 "$allocating"
    expect "$not_linked" "$BUILD/not_linked"
    # as distributions have it: a library that nothing is wanted of would be left out
    PACKAGES=fiberscope-allocation compile g++ "$BUILD/allocating" -std=c++20 -O2 -Wl,--as-needed "$allocating"
    expect "$counted" "$BUILD/allocating"
    expect "$counted" env LD_PRELOAD="$LD_LIBRARY_PATH/libfiberscope_allocation.so" "$BUILD/not_linked"
    expect "not counted: malloc is another library's, or the program's own, little" \
        env LD_PRELOAD=libc_malloc_debug.so.0 "$BUILD/allocating"
    PACKAGES=fiberscope-allocation compile g++ "$BUILD/sanitized" -std=c++20 -O1 -fsanitize=address "$allocating"
    expect "not counted: AddressSanitizer owns malloc, little" "$BUILD/sanitized"
}

use_fetch_content() {
    build_project fetch_content -DFROM_SOURCE="$SOURCE" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -g1 -DNDEBUG" \
        -DCMAKE_CXX_COMPILER_LAUNCHER="${CCACHE:-}"
}

# What cannot work says so in words, when it is compiled or linked.
use_wrongly() {
    local output=$BUILD/wrong
    expect_failure "Fiberscope needs C++20: compile with -std=c++20" compile g++ "$output" -std=c++17 "$example"
    expect_failure "Fiberscope needs exceptions" compile g++ "$output" -std=c++20 -fno-rtti "$example"
    expect_failure "program_is_compiled_with_D_GLIBCXX_DEBUG_but_the_fiberscope_library_is_not" \
        compile g++ "$output" -std=c++20 -D_GLIBCXX_DEBUG "$example"
}

# Messages between a program and its plugins, all compiled with hidden visibility; and a Node in each plugin.
use_plugins() {
    local -a flags=(-std=c++20 -O1 -fvisibility=hidden) plugins=()
    local name
    for name in one two three; do
        compile g++ "$BUILD/$name.so" "${flags[@]}" -fPIC -shared "$here/plugin.cpp"
        plugins+=("$BUILD/$name.so")
    done
    compile g++ "$BUILD/host" "${flags[@]}" "$here/host.cpp"
    expect "noted 69, 30 right" "$BUILD/host" "${plugins[@]}"
}

# The example in every build that a user may think of; $MATRIX=all: all of them.
use_matrix() {
    local compiler optimisation standard sanitizer
    local -a builds=("g++ -std=c++23 -O3 -flto" "clang++ -std=c++20 -O0" "g++ -std=c++20 -O1 -fsanitize=address,undefined")
    if [[ ${MATRIX:-} == all ]]; then
        builds=()
        for compiler in g++ clang++; do
            for standard in c++20 c++23; do
                [[ $compiler == clang++ ]] && standard=${standard/23/2b}
                for optimisation in -O0 -O2 "-O3 -flto"; do
                    builds+=("$compiler -std=$standard $optimisation")
                done
                for sanitizer in address undefined address,undefined; do
                    builds+=("$compiler -std=$standard -O1 -fsanitize=$sanitizer")
                done
            done
        done
    fi
    local build
    local -a words
    for build in "${builds[@]}"; do
        read -r -a words <<<"$build"
        if ! command -v "${words[0]}" >/dev/null; then
            echo "$build: there is no ${words[0]}"
            continue
        fi
        compile "${words[0]}" "$BUILD/counter_of_matrix" "${words[@]:1}" "$example" || fail "$build"
        expect "$wanted" "$BUILD/counter_of_matrix"
        echo "$build: ok"
    done
}

"use_$1"
