# SPDX-License-Identifier: BSL-1.0
# Compiles SOURCE with COMPILER (its syntax alone) and the precompiled HEADERS. A file that begins with `// says: SENTENCE`
# does not compile, and the sentence stands in the first 20 lines of what the compiler prints; one with `// compiles`
# compiles without a warning.
# TOLERATED: it may compile, too.
file(STRINGS ${SOURCE} head LIMIT_COUNT 2)
list(GET head 1 wanted)
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
execute_process(COMMAND ${COMPILER} ${flags} -std=c++20 -fsyntax-only -Wall -Wextra -fno-diagnostics-color
    -include ${HEADERS} ${SOURCE}
    RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
string(REPLACE ";" "," text "${text}")
if(wanted STREQUAL "// compiles")
    if(NOT status EQUAL 0 OR NOT text STREQUAL "")
        message(FATAL_ERROR "does not compile cleanly:\n${text}")
    endif()
    return()
endif()
if(status EQUAL 0 AND TOLERATED)
    return()
endif()
string(REGEX REPLACE "^// says: " "" sentence "${wanted}")
string(REPLACE ";" "," sentence "${sentence}")
string(REPLACE "\n" ";" lines "${text}")
list(SUBLIST lines 0 20 first)
string(JOIN "\n" first ${first})
string(FIND "${first}" "${sentence}" at)
if(status EQUAL 0 OR at EQUAL -1)
    message(FATAL_ERROR "exit status ${status}; not said in the first 20 lines: ${sentence}\n${text}")
endif()
