# Installs the library and moves the installed tree, so that a path kept from either place is wrong.
# Consumers built with an earlier tree go as well: pkg_check_modules() remembers what it found.
file(REMOVE_RECURSE ${INSTALL_DIR} ${MOVED_DIR} ${CONSUMERS_DIR})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD_DIR} COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${INSTALL_DIR} ${MOVED_DIR})
