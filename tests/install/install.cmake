# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the build tree BUILD's libraries and headers in PREFIX, from scratch.
file(REMOVE_RECURSE ${PREFIX})
foreach(component IN ITEMS runtime widgets dev)
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} --component ${component}
        OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()
