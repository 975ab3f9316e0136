# Configures PROJECT in BUILD_DIR, as a user would, and compiles consumer.cpp there. To compile the
# library once more would tell nothing new: fails unless it would be compiled as in BUILT_DIR, where
# another project has built all of it, but for the compiler.
cmake_minimum_required(VERSION 3.23)

# The compile commands of `build_dir`: those of the library, sorted, without the names of the compiler
# and of the folders built in, and the one of consumer.cpp as it stands.
function(read_commands build_dir library consumer)
    file(READ ${build_dir}/compile_commands.json entries)
    string(JSON count LENGTH "${entries}")
    math(EXPR last "${count} - 1")
    set(commands "")
    foreach(index RANGE ${last})
        string(JSON file GET "${entries}" ${index} file)
        string(JSON command GET "${entries}" ${index} command)
        if(file MATCHES "/consumer\\.cpp$")
            set(${consumer} "${command}" PARENT_SCOPE)
            continue()
        endif()
        string(REGEX REPLACE "^([^- ][^ ]* +)+" "" command "${command}")
        string(REPLACE ${build_dir} "" command "${command}")
        string(REGEX REPLACE "(_deps/)?cloud_backend(-build)?/" "" command "${command}")
        list(APPEND commands "${command}")
    endforeach()
    list(SORT commands)
    set(${library} "${commands}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${BUILD_DIR})
execute_process(
    COMMAND
        ${CMAKE_COMMAND} -S ${PROJECT} -B ${BUILD_DIR} -G ${GENERATOR} -D
        CMAKE_CXX_COMPILER=${CXX_COMPILER} -D CMAKE_CXX_COMPILER_LAUNCHER=${CXX_COMPILER_LAUNCHER} -D
        CMAKE_EXPORT_COMPILE_COMMANDS=ON -D BUILD_SHARED_LIBS=${BUILD_SHARED_LIBS}
    COMMAND_ERROR_IS_FATAL ANY)

set(off_in_another_project CLOUD_BACKEND_BUILD_TESTS CLOUD_BACKEND_BUILD_EXAMPLES
                           CLOUD_BACKEND_INSTALL CLOUD_BACKEND_WERROR)
load_cache(${BUILD_DIR} READ_WITH_PREFIX "" ${off_in_another_project})
foreach(option IN LISTS off_in_another_project)
    if(NOT DEFINED ${option} OR ${option})
        message(FATAL_ERROR "${option} is not off by itself: ${${option}}")
    endif()
endforeach()

read_commands(${BUILD_DIR} library consumer)
read_commands(${BUILT_DIR} built_library unused)
if(NOT library OR NOT library STREQUAL built_library)
    list(JOIN library "\n  " library)
    list(JOIN built_library "\n  " built_library)
    message(FATAL_ERROR "compiled by\n  ${library}\nbut in ${BUILT_DIR} by\n  ${built_library}")
endif()

separate_arguments(consumer UNIX_COMMAND "${consumer}")
execute_process(COMMAND ${consumer} WORKING_DIRECTORY ${BUILD_DIR} COMMAND_ERROR_IS_FATAL ANY)
