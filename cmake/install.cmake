include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cloud_backend)
get_target_property(library_type cloud_backend TYPE)
if(library_type STREQUAL "STATIC_LIBRARY")
    set(library_is_static TRUE)
else()
    set(library_is_static FALSE)
endif()

install(
    TARGETS cloud_backend
    EXPORT cloud_backend-targets
    RUNTIME COMPONENT runtime
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development
    FILE_SET HEADERS COMPONENT development
    FILE_SET spdlog_headers COMPONENT development)
install(
    EXPORT cloud_backend-targets
    NAMESPACE cloud_backend::
    DESTINATION ${package_dir}
    COMPONENT development)

configure_package_config_file(
    cmake/cloud_backend-config.cmake.in ${PROJECT_BINARY_DIR}/cloud_backend-config.cmake
    INSTALL_DESTINATION ${package_dir}
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/cloud_backend-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(
    FILES ${PROJECT_BINARY_DIR}/cloud_backend-config.cmake
          ${PROJECT_BINARY_DIR}/cloud_backend-config-version.cmake
    DESTINATION ${package_dir}
    COMPONENT development)

# Relative to the file itself, so that the installed tree can be moved.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(ABSOLUTE_PATH pkgconfig_dir BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE from)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${from} OUTPUT_VARIABLE up)
set(pc_prefix "\${pcfiledir}/${up}")
foreach(dir LIBDIR INCLUDEDIR)
    set(path "\${prefix}")
    cmake_path(APPEND path ${CMAKE_INSTALL_${dir}})
    set(pc_${dir} ${path})
endforeach()
set(pc_requires "nlohmann_json")
set(pc_cflags "")
if(library_is_static)
    string(APPEND pc_requires " libcurl >= 7.80 fmt spdlog simdjson")
    set(pc_cflags "-DCLOUD_BACKEND_STATIC_DEFINE")
endif()
configure_file(cmake/cloud_backend.pc.in ${PROJECT_BINARY_DIR}/cloud_backend.pc @ONLY)
install(
    FILES ${PROJECT_BINARY_DIR}/cloud_backend.pc
    DESTINATION ${pkgconfig_dir}
    COMPONENT development)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)
