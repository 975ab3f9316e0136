# count_instructions(RESULT ARGUMENT...): the processor's instructions that PROGRAM takes with these
# arguments, the same in every run.
function(count_instructions result)
    execute_process(
        COMMAND ${VALGRIND} --tool=callgrind --callgrind-out-file=/dev/null ${PROGRAM} ${ARGN}
        RESULT_VARIABLE exit_code
        ERROR_VARIABLE output)
    if(NOT exit_code EQUAL 0 OR NOT output MATCHES "Collected : ([0-9]+)")
        message(FATAL_ERROR "${PROGRAM} ${ARGN} was not counted:\n${output}")
    endif()
    set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()
