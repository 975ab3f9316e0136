# Fails when eight times the input takes more than nine times the instructions (SPEC S3).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/count_instructions.cmake)

count_instructions(start ${CASE} 0)
count_instructions(small ${CASE} 65536)
count_instructions(large ${CASE} 524288)
math(EXPR small "${small} - ${start}")
math(EXPR large "${large} - ${start}")
math(EXPR most "9 * ${small}")
message(STATUS "${CASE}: ${small} instructions for 64 KiB, ${large} for 512 KiB")
if(large GREATER most)
    message(FATAL_ERROR "more than ${most}")
endif()
