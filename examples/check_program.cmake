# Fails unless PROGRAM, given ARGUMENT, ends with STATUS and says OUTPUT. Run with:
# cmake -D PROGRAM=... -D ARGUMENT=... -D STATUS=... -D OUTPUT=... -P check_program.cmake
cmake_minimum_required(VERSION 3.23)

execute_process(
    COMMAND ${PROGRAM} ${ARGUMENT}
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output
    RESULT_VARIABLE status)
if(NOT status STREQUAL STATUS OR NOT output STREQUAL OUTPUT)
    message(FATAL_ERROR "status ${status} instead of ${STATUS}, and instead of\n${OUTPUT}\n${output}")
endif()
