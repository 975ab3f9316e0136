# Fails when the ports in packaging/ say something else than the project: of its VERSION, DESCRIPTION,
# licence, options or dependencies. The tools they are written for are not run.
cmake_minimum_required(VERSION 3.23)

set(portfile ${ROOT}/packaging/vcpkg/cloud-backend/portfile.cmake)
set(conanfile ${ROOT}/packaging/conan/conanfile.py)
file(READ ${ROOT}/packaging/vcpkg/cloud-backend/vcpkg.json manifest)
file(READ ${portfile} portfile_text)
file(READ ${conanfile} conanfile_text)
file(READ ${ROOT}/LICENSE license_text)
file(READ ${ROOT}/CMakeLists.txt project_text)
file(READ ${ROOT}/cmake/dependencies.cmake dependencies_text)

string(REGEX MATCH "^([^ ]+) License\n" matched "${license_text}")
set(license ${CMAKE_MATCH_1})

function(expect_equal what found expected)
    if(NOT found STREQUAL expected)
        message(SEND_ERROR "${what}: ${found}, not ${expected}")
    endif()
endfunction()

# What the first group of `regex` matches in `text`, each once, sorted, in small letters.
function(all_matches text regex result)
    string(REGEX MATCHALL "${regex}" matches "${text}")
    list(TRANSFORM matches REPLACE "${regex}" "\\1")
    list(TRANSFORM matches TOLOWER)
    list(REMOVE_DUPLICATES matches)
    list(SORT matches)
    set(${result} "${matches}" PARENT_SCOPE)
endfunction()

foreach(field version-semver description license)
    string(JSON vcpkg.${field} GET "${manifest}" ${field})
endforeach()
expect_equal("version of vcpkg" "${vcpkg.version-semver}" "${VERSION}")
expect_equal("description of vcpkg" "${vcpkg.description}" "${DESCRIPTION}")
expect_equal("licence of vcpkg" "${vcpkg.license}" "${license}")
foreach(field version description license)
    string(REGEX MATCH "\n    ${field} = \"([^\"\n]*)\"" matched "${conanfile_text}")
    set(conan.${field} "${CMAKE_MATCH_1}")
endforeach()
expect_equal("version of Conan" "${conan.version}" "${VERSION}")
expect_equal("description of Conan" "${conan.description}" "${DESCRIPTION}")
expect_equal("licence of Conan" "${conan.license}" "${license}")

all_matches("${project_text}" "option\\((CLOUD_BACKEND_[A-Z_]+)" known_options)
foreach(port portfile conanfile)
    all_matches("${${port}_text}" "(CLOUD_BACKEND_[A-Z_]+)" options)
    list(REMOVE_ITEM options ${known_options} cloud_backend_static_define)
    if(options)
        message(SEND_ERROR "options in ${port} that CMakeLists.txt does not have: ${options}")
    endif()
endforeach()

# Only the library is built: neither Threads nor what tests and programs need.
string(REGEX REPLACE "\nif\\(.*" "" dependencies_text "${dependencies_text}")
all_matches("${dependencies_text}" "cloud_backend_require\\(([a-zA-Z_]+)" needed)
list(REMOVE_ITEM needed threads)
string(JSON dependencies GET "${manifest}" dependencies)
all_matches("${dependencies}" "\n[ \t]+\"([a-z-]+)\"" of_vcpkg)
list(REMOVE_ITEM of_vcpkg host name)  # The keys of vcpkg's own helpers.
list(TRANSFORM of_vcpkg REPLACE "-" "_")
expect_equal("dependencies of vcpkg" "${of_vcpkg}" "${needed}")
all_matches("${conanfile_text}" "self\\.requires\\(\"([a-z_]+)/" of_conan)
list(TRANSFORM of_conan REPLACE "^libcurl$" "curl")
list(SORT of_conan)
expect_equal("dependencies of Conan" "${of_conan}" "${needed}")

find_program(PYTHON python3)
if(PYTHON)
    execute_process(
        COMMAND ${PYTHON} -c "import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])"
                ${conanfile} COMMAND_ERROR_IS_FATAL ANY)
elseif(DEFINED ENV{CLOUD_BACKEND_CI})
    message(SEND_ERROR "there is no python3 to read ${conanfile}")
endif()
