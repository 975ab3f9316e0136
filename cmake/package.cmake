# Debian packages: the shared library, what building against it needs, and the programs, where they are
# built. `cmake --workflow --preset package` makes them in build/package.
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL runtime development)
if(CLOUD_BACKEND_BUILD_EXAMPLES)
    list(APPEND CPACK_COMPONENTS_ALL tools)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)

set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(runtime_package libcloud-backend${soversion})
set(development_package libcloud-backend-dev)
set(tools_package cloud-backend-tools)
set(debian_version ${PROJECT_VERSION}-1)

set(CPACK_PACKAGE_NAME cloud-backend)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "cloud_backend contributors <cloud-backend@users.noreply.github.com>")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(what_it_is
    "It retries what may be retried, stops asking a server that keeps failing, and\n\
never takes a cut stream for an answer.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${runtime_package})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "${what_it_is}")
set(triggers ${PROJECT_BINARY_DIR}/package/triggers)
file(WRITE ${triggers} "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${triggers})

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME ${development_package})
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "${runtime_package} (= ${debian_version}), nlohmann-json3-dev (>= 3.10)")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "${what_it_is}\n\
.\n\
This package has the headers, and what CMake and pkg-config need.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME ${tools_package})
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
# Its own library is in no package yet, so its version is not found.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/src)
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "${runtime_package} (= ${debian_version})")
set(CPACK_DEBIAN_TOOLS_DESCRIPTION
    "${what_it_is}\n\
.\n\
This package has the programs for the command line.")

# What Debian asks of each package: its licence and its history.
find_program(GZIP gzip REQUIRED)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, if it is set.
set(history ${PROJECT_BINARY_DIR}/package/changelog.Debian)
file(
    WRITE ${history}
    "cloud-backend (${debian_version}) unstable; urgency=medium\n\n"
    "  * What changed is in CHANGELOG.md of the sources.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
execute_process(COMMAND ${GZIP} --best --no-name --force ${history} COMMAND_ERROR_IS_FATAL ANY)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    set(documents ${CMAKE_INSTALL_DATAROOTDIR}/doc/${${component}_package})
    install(
        FILES LICENSE
        DESTINATION ${documents}
        COMPONENT ${component}
        RENAME copyright
        EXCLUDE_FROM_ALL)
    install(
        FILES ${history}.gz
        DESTINATION ${documents}
        COMPONENT ${component}
        EXCLUDE_FROM_ALL)
endforeach()

include(CPack)
