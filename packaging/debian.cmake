# SPDX-License-Identifier: GPL-3.0-or-later
# Debian packages, one a component: `cmake --workflow --preset package` leaves them in build/package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fiberscope)
set(CPACK_PACKAGE_CONTACT "Fiberscope developers <fiberscope@fiberscope.github.io>")
set(CPACK_PACKAGE_HOMEPAGE_URL "https://fiberscope.github.io")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF) # stack traces need the symbols and line tables
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL runtime dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)

set(soversion ${FIBERSCOPE_SOVERSION})
set(what "Fiberscope gives C++ programs what Erlang's BEAM gives Erlang programs:
hundreds of thousands of processes that talk by messages and are linked,
monitored and supervised; and an observer that shows them alive.")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libfiberscope-runtime${soversion})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "BEAM-like processes for C++ programs\n${what}\n\nThis is the runtime library, and the one that counts what processes allocate.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libfiberscope-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_DESCRIPTION "BEAM-like processes for C++ programs (development files)\n${what}\n\nThese are headers, CMake package and pkg-config files.")
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libboost-dev (>= 1.81) | libboost1.81-dev, libfmt-dev")
set(CPACK_COMPONENT_DEV_DEPENDS runtime)

if(FIBERSCOPE_BUILD_WIDGETS)
    list(APPEND CPACK_COMPONENTS_ALL widgets program)
    list(APPEND CPACK_COMPONENT_DEV_DEPENDS widgets)
    string(APPEND CPACK_DEBIAN_DEV_PACKAGE_DEPENDS ", qt6-base-dev")

    set(CPACK_DEBIAN_WIDGETS_PACKAGE_NAME libfiberscope-widgets${soversion})
    set(CPACK_DEBIAN_WIDGETS_PACKAGE_SECTION libs)
    set(CPACK_DEBIAN_WIDGETS_DESCRIPTION "observer window for BEAM-like processes\n${what}\n\nThis is the library with the observer's window.")
    set(CPACK_COMPONENT_WIDGETS_DEPENDS runtime)
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/runtime)

    set(CPACK_COMPONENT_PROGRAM_DEPENDS runtime) # the library that counts allocations
    set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME fiberscope)
    set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION devel)
    set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "observer of BEAM-like processes\n${what}\n\nThis is the program: a window with workloads to play with.")
    set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS libqt6svg6) # its icon engine is a plugin
endif()

# What Debian wants of every package beside its files.
fiberscope_gzip(debian/changelog)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    string(TOUPPER ${component} COMPONENT)
    set(package ${CPACK_DEBIAN_${COMPONENT}_PACKAGE_NAME})
    install(FILES debian/copyright ${CMAKE_CURRENT_BINARY_DIR}/changelog.gz
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
    if(NOT component STREQUAL dev)
        configure_file(debian/lintian-overrides.in debian/${package} @ONLY)
        install(FILES ${CMAKE_CURRENT_BINARY_DIR}/debian/${package} DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides COMPONENT ${component})
    endif()
endforeach()
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/debian/triggers)
set(CPACK_DEBIAN_WIDGETS_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/debian/triggers)
include(CPack)
