# Fails when one more chunk of a stream takes more than MOST instructions.
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/count_instructions.cmake)

count_instructions(few 2000)
count_instructions(many 4000)
math(EXPR per_chunk "(${many} - ${few}) / 2000")
message(STATUS "${per_chunk} instructions per chunk")
if(per_chunk GREATER MOST)
    message(FATAL_ERROR "more than ${MOST}")
endif()
