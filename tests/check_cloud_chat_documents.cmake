# Fails unless --help, the man page and the completion for bash name the same options, and the last
# two every service.
file(READ ${SOURCE_DIR}/cloud-chat.1 manual)
file(READ ${SOURCE_DIR}/cloud-chat.bash completion)

# Each match of `pattern` in `text` once, without what surrounds the option.
function(options_in text pattern result)
    string(REGEX MATCHALL "${pattern}" matches "${text}")
    list(TRANSFORM matches REPLACE "^[^-]*(-[-a-z]+).*$" "\\1")
    list(SORT matches)
    list(REMOVE_DUPLICATES matches)
    set(${result} "${matches}" PARENT_SCOPE)
endfunction()

execute_process(COMMAND ${PROGRAM} --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
options_in("${help}" "[ \n,]--?[a-z][-a-z]*" helped)

# Fl -json is --json.
string(REGEX MATCHALL "\n\\.It Fl [^\n]*" items "${manual}")
string(REGEX REPLACE "Fl ([-a-z]+)" "-\\1" items "${items}")
options_in("${items}" " --?[a-z][-a-z]*" described)

string(REGEX MATCH "options='[^']*'" list "${completion}")
options_in("${list}" "[ ']--?[a-z][-a-z]*" completed)

foreach(document described completed)
    if(NOT "${${document}}" STREQUAL "${helped}")
        message(FATAL_ERROR "the options differ\n  --help: ${helped}\n  ${document}: ${${document}}")
    endif()
endforeach()
list(LENGTH helped count)
if(count LESS 10)
    message(FATAL_ERROR "--help names too few options: ${helped}")
endif()

execute_process(COMMAND ${PROGRAM} --service none prompt ERROR_VARIABLE error)
if(NOT error MATCHES "there are ([^;]+);")
    message(FATAL_ERROR "no list of services: ${error}")
endif()
string(REPLACE ", " ";" services "${CMAKE_MATCH_1}")
foreach(service IN LISTS services)
    string(REPLACE "." "[.]" pattern "${service}")
    foreach(document manual completion)
        if(NOT "${${document}}" MATCHES "[ '\n]${pattern}[ ,.'\n]")
            message(FATAL_ERROR "the ${document} does not name the service ${service}")
        endif()
    endforeach()
endforeach()
