# Finds every package first, so that one message can name all that are missing.
set(missing_packages "")

macro(cloud_backend_require package target)
    # A parent project may bring the target itself.
    if(NOT TARGET ${target})
        find_package(${package} ${ARGN} QUIET)
    endif()
    if(NOT TARGET ${target})
        list(APPEND missing_packages ${package})
    endif()
endmacro()

cloud_backend_require(Threads Threads::Threads)
cloud_backend_require(CURL CURL::libcurl 7.80)  # SPEC T13
cloud_backend_require(nlohmann_json nlohmann_json::nlohmann_json 3.10)
cloud_backend_require(fmt fmt::fmt)
cloud_backend_require(spdlog spdlog::spdlog)
cloud_backend_require(simdjson simdjson::simdjson)
if(CLOUD_BACKEND_BUILD_EXAMPLES OR CLOUD_BACKEND_BUILD_BENCHMARKS)
    cloud_backend_require(CLI11 CLI11::CLI11)
endif()
if(CLOUD_BACKEND_BUILD_EXAMPLES)
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
        pkg_check_modules(libedit QUIET IMPORTED_TARGET libedit)
    endif()
    if(NOT TARGET PkgConfig::libedit)
        list(APPEND missing_packages libedit)
    endif()
endif()
if(CLOUD_BACKEND_BUILD_TESTS)
    cloud_backend_require(GTest GTest::gtest_main)
endif()

if(missing_packages)
    list(JOIN missing_packages ", " missing_packages)
    message(
        FATAL_ERROR
            "cloud_backend: not found, or too old: ${missing_packages}\n"
            "On Debian and Ubuntu, this installs all that is needed:\n"
            "  sudo apt-get update && sudo apt-get install -y --no-install-recommends \\\n"
            "    ca-certificates g++ cmake ninja-build pkg-config libcurl4-openssl-dev \\\n"
            "    nlohmann-json3-dev libfmt-dev libspdlog-dev libsimdjson-dev libcli11-dev \\\n"
            "    libedit-dev libgtest-dev\n")
endif()
