# SPDX-License-Identifier: BSL-1.0
# How the libraries are built and installed.
include(CMakePackageConfigHelpers)

set(FIBERSCOPE_SOVERSION 0) # raised with every version that is not compatible with the one before
set(FIBERSCOPE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Fiberscope)

# What every object file of a library is compiled with: only what the public headers export is seen from outside.
function(fiberscope_library_defaults TARGET)
    target_compile_features(${TARGET} PRIVATE cxx_std_20)
    set_target_properties(${TARGET} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON
        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# Installs the library fiberscope_NAME as Fiberscope::COMPONENT. Unless static ones are wanted, a shared one is made of the
# same object files: that of the build tree is static, so that its tests reach private code. NEEDS, LIBS: for its .pc file.
function(fiberscope_install_library NAME COMPONENT NEEDS LIBS)
    set(library fiberscope_${NAME})
    get_target_property(type ${library} TYPE)
    if(FIBERSCOPE_INSTALL_SHARED AND NOT type STREQUAL SHARED_LIBRARY)
        get_target_property(headers ${library} HEADER_SET)
        set(library fiberscope_${NAME}_shared)
        add_library(${library} SHARED)
        cmake_language(CALL fiberscope_${NAME}_usage ${library})
        target_sources(${library} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${headers})
    endif()
    get_target_property(type ${library} TYPE)
    if(type STREQUAL SHARED_LIBRARY)
        set_target_properties(${library} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${FIBERSCOPE_SOVERSION})
        set(exports ${PROJECT_SOURCE_DIR}/runtime/exports.map)
        target_link_options(${library} PRIVATE LINKER:--version-script=${exports})
        set_target_properties(${library} PROPERTIES LINK_DEPENDS ${exports})
    endif()
    install(TARGETS ${library} EXPORT Fiberscope${COMPONENT}Targets
        FILE_SET HEADERS COMPONENT dev
        ARCHIVE COMPONENT dev
        LIBRARY COMPONENT ${NAME} NAMELINK_COMPONENT dev)
    install(EXPORT Fiberscope${COMPONENT}Targets NAMESPACE Fiberscope:: DESTINATION ${FIBERSCOPE_PACKAGE_DIR} COMPONENT dev)
    fiberscope_install_pkg_config(${NAME} ${type} "${NEEDS}" "${LIBS}")
endfunction()

# fiberscope-NAME.pc finds its prefix by where it lies, so that an installed tree may be moved. Who links a static library
# needs what it stands on, too: the packages NEEDS and the libraries LIBS.
function(fiberscope_install_pkg_config NAME TYPE NEEDS LIBS)
    set(directory ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    set(prefix ${CMAKE_INSTALL_PREFIX})
    if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
        file(RELATIVE_PATH up /${directory} /)
        string(REGEX REPLACE "/$" "" prefix "\${pcfiledir}/${up}")
    endif()
    if(TYPE STREQUAL STATIC_LIBRARY)
        set(needs_if_static ", ${NEEDS}")
        set(libs_if_static " ${LIBS}")
    endif()
    configure_file(fiberscope-${NAME}.pc.in ${CMAKE_CURRENT_BINARY_DIR}/fiberscope-${NAME}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/fiberscope-${NAME}.pc DESTINATION ${directory} COMPONENT dev)
endfunction()

# The CMake package, for the libraries that are installed.
function(fiberscope_install_package)
    set(FIBERSCOPE_STATIC ON)
    if(FIBERSCOPE_INSTALL_SHARED OR BUILD_SHARED_LIBS)
        set(FIBERSCOPE_STATIC OFF)
    endif()
    configure_package_config_file(runtime/FiberscopeConfig.cmake.in ${PROJECT_BINARY_DIR}/FiberscopeConfig.cmake
        INSTALL_DESTINATION ${FIBERSCOPE_PACKAGE_DIR} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/FiberscopeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/FiberscopeConfig.cmake ${PROJECT_BINARY_DIR}/FiberscopeConfigVersion.cmake
        DESTINATION ${FIBERSCOPE_PACKAGE_DIR} COMPONENT dev)
endfunction()
