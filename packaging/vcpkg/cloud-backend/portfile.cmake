# The sources are those that this port came with.
set(SOURCE_PATH ${CURRENT_PORT_DIR}/../../..)

vcpkg_cmake_configure(
    SOURCE_PATH ${SOURCE_PATH}
    OPTIONS
        -DCLOUD_BACKEND_BUILD_TESTS=OFF
        -DCLOUD_BACKEND_BUILD_EXAMPLES=OFF
        -DCLOUD_BACKEND_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME cloud_backend CONFIG_PATH lib/cmake/cloud_backend)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/debug/include ${CURRENT_PACKAGES_DIR}/debug/share)
vcpkg_install_copyright(FILE_LIST ${SOURCE_PATH}/LICENSE)
