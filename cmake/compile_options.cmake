# For this project's own targets; nothing here reaches a consumer.
function(cloud_backend_compile_options target)
    set_target_properties(
        ${target}
        PROPERTIES CXX_STANDARD 20
                   CXX_STANDARD_REQUIRED ON
                   CXX_EXTENSIONS OFF)
    target_compile_options(
        ${target}
        PRIVATE -Wall
                -Wextra
                -Wpedantic
                -Wshadow
                -Wconversion
                -Wsign-conversion
                -Wnon-virtual-dtor
                -Wold-style-cast
                -Woverloaded-virtual
                $<$<BOOL:${CLOUD_BACKEND_WERROR}>:-Werror>)
endfunction()

# The whole program must be instrumented, so this is for every target below.
if(CLOUD_BACKEND_SANITIZE)
    add_compile_options(-fsanitize=${CLOUD_BACKEND_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${CLOUD_BACKEND_SANITIZE})
endif()

# So that a fuzzer sees which inputs reach new code.
if(CLOUD_BACKEND_BUILD_FUZZERS)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "CLOUD_BACKEND_BUILD_FUZZERS needs clang++")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
