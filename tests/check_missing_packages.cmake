# Configures without two of the packages, and fails unless one message names both and gives the line
# that installs everything, which must be the line in README.md.
cmake_minimum_required(VERSION 3.23)

# The packages that the apt-get line in `text` installs, sorted.
function(packages_of text result)
    string(REGEX REPLACE "\\\\?[ \n]+" " " text "${text}")
    string(REGEX MATCH "apt-get install -y --no-install-recommends ([-a-z0-9+. ]+)" matched "${text}")
    separate_arguments(packages UNIX_COMMAND "${CMAKE_MATCH_1}")
    list(SORT packages)
    list(JOIN packages " " packages)
    set(${result} "${packages}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${BUILD_DIR})
execute_process(
    COMMAND
        ${CMAKE_COMMAND} -S ${ROOT} -B ${BUILD_DIR} -G ${GENERATOR} -D
        CMAKE_CXX_COMPILER=${CXX_COMPILER} -D CMAKE_DISABLE_FIND_PACKAGE_fmt=ON -D
        CMAKE_DISABLE_FIND_PACKAGE_simdjson=ON
    RESULT_VARIABLE configure_result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
if(configure_result EQUAL 0)
    message(FATAL_ERROR "configured without fmt and simdjson:\n${output}")
endif()
if(NOT output MATCHES "not found[^\n]*: [^\n]*fmt[^\n]*simdjson")
    message(FATAL_ERROR "fmt and simdjson are not named together:\n${output}")
endif()
string(REGEX MATCHALL "apt-get install" install_commands "${output}")
list(LENGTH install_commands install_command_count)
if(NOT install_command_count EQUAL 1)
    message(FATAL_ERROR "${install_command_count} lines to install packages, not 1:\n${output}")
endif()

packages_of("${output}" printed)
file(READ ${ROOT}/README.md readme)
packages_of("${readme}" documented)
if(NOT printed OR NOT printed STREQUAL documented)
    message(FATAL_ERROR "the packages to install differ\n  printed: ${printed}\n  README.md: ${documented}")
endif()
