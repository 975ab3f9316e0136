# Counts the processor's instructions for one more chunk of a stream, which are the same in every
# run, and fails when they are more than MOST.
cmake_minimum_required(VERSION 3.23)

function(count_instructions chunks result)
    execute_process(
        COMMAND ${VALGRIND} --tool=callgrind --callgrind-out-file=/dev/null ${PROGRAM} ${chunks}
        RESULT_VARIABLE exit_code
        ERROR_VARIABLE output)
    if(NOT exit_code EQUAL 0 OR NOT output MATCHES "Collected : ([0-9]+)")
        message(FATAL_ERROR "${PROGRAM} ${chunks} was not counted:\n${output}")
    endif()
    set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()

count_instructions(2000 few)
count_instructions(4000 many)
math(EXPR per_chunk "(${many} - ${few}) / 2000")
message(STATUS "${per_chunk} instructions per chunk")
if(per_chunk GREATER MOST)
    message(FATAL_ERROR "more than ${MOST}")
endif()
