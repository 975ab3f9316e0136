# Fails unless PROGRAM, given ARGUMENT if there is one, ends with STATUS and says OUTPUT, or what
# matches PATTERN. Run with:
# cmake -D PROGRAM=... -D ARGUMENT=... -D STATUS=... -D OUTPUT=... -P check_program.cmake
cmake_minimum_required(VERSION 3.23)

execute_process(
    COMMAND ${PROGRAM} ${ARGUMENT}
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output
    RESULT_VARIABLE status)
if(DEFINED PATTERN AND output MATCHES "${PATTERN}")
    set(OUTPUT "${output}")
endif()
if(NOT status STREQUAL STATUS OR NOT output STREQUAL OUTPUT)
    message(FATAL_ERROR "status ${status} instead of ${STATUS}, and instead of\n"
                        "${OUTPUT}${PATTERN}\n${output}")
endif()
