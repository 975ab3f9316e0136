# Fails when the installed TREE holds a path of where it was built or installed before it was moved.
execute_process(
    COMMAND grep --recursive --files-with-matches --fixed-strings -e ${BUILD_DIR} -e ${SOURCE_DIR}
            ${TREE}
    RESULT_VARIABLE grep_result
    OUTPUT_VARIABLE files)
set(grep_found_nothing 1)
if(NOT grep_result EQUAL grep_found_nothing)
    message(FATAL_ERROR "these files hold paths of the build, or could not be read:\n${files}")
endif()
