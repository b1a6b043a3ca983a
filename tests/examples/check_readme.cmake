# SPDX-License-Identifier: BSL-1.0
# Fails if README.md does not show EXAMPLE word for word.
file(READ ${README} readme)
file(READ ${EXAMPLE} example)
string(FIND "${example}" "\n" line_end)
math(EXPR second_line "${line_end} + 1")
string(SUBSTRING "${example}" ${second_line} -1 example) # without its licence line
string(FIND "${readme}" "```cpp\n${example}```" at)
if(at EQUAL -1)
    message(FATAL_ERROR "${README} does not show ${EXAMPLE} as it stands")
endif()
