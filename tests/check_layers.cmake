# Fails when an #include points from a lower layer to a higher one, or brings a package into a layer
# that must not know it. Run with: cmake -D ROOT=<source tree> -P check_layers.cmake
cmake_minimum_required(VERSION 3.23)

# What each layer may include. The public headers are layered like the sources behind them.
set(core_api_may_include std core_api)
set(chat_api_may_include std core_api chat_api json_fwd)
# Routers stand beside the client: they know anything that answers chats, and no network.
set(routing_api_may_include std core_api chat_api routing_api)
set(client_api_may_include std core_api chat_api routing_api client_api json_fwd)
# The one public header that needs nlohmann_json: it is for those who have it.
set(content_api_may_include std core_api chat_api nlohmann)
set(spdlog_api_may_include std core_api spdlog)
set(core_may_include std core_api core)
# What acts on chats, whoever answers them.
# What is kept of what hooks tell.
set(metrics_may_include std core_api chat_api core metrics fmt)
set(tools_may_include std core_api chat_api core chat call tools)
# Handles, handlers and the threads they run on.
set(async_may_include std core_api chat_api async)
set(chat_may_include std core_api chat_api content_api core chat async simdjson nlohmann json_fwd)
set(http_may_include std core_api spdlog_api core http curl spdlog fmt)
# The files that ask the system, not a library.
set(http_posix_may_include std core_api core http curl posix)
set(routing_may_include std core_api chat_api routing_api core chat call async nlohmann routing)
# What a call knows of time and of its failures.
set(call_may_include std core_api core)
set(client_may_include std core_api chat_api client_api core chat http call async client fmt)

# The layer of a file of this project, or the name of the package an include comes from.
function(layer_of path result)
    set(layer_patterns
        "spdlog_api ^include/cloud_backend/spdlog\\.hpp$"
        "chat_api ^include/cloud_backend/(raw_json|chat[a-z_]*|message|content_part|tool|request_dialect|response_format)\\.hpp$"
        "chat_api ^include/cloud_backend/(async_call|awaitable|chunk_callback|logprobs|annotations|model_info|callable_tool|run_tools|stream_events)\\.hpp$"
        "content_api ^include/cloud_backend/parse_content\\.hpp$"
        "client_api ^include/cloud_backend/(client|openai|anthropic|azure[a-z_]*|service_preset|cloud_backend)\\.hpp$"
        "routing_api ^include/cloud_backend/(callable_backend|fallback|hedging|model_rout[a-z]+)\\.hpp$"
        "core_api ^include/cloud_backend/[a-z0-9_]+\\.hpp$"
        "core ^src/core/"
        "chat ^src/chat/"
        "async ^src/async/"
        "tools ^src/tools/"
        "metrics ^src/metrics/"
        "http_posix ^src/http/(open_sockets|epoll_multi)\\.cpp$"
        "http ^src/http/"
        "routing ^src/routing/"
        "call ^src/(call_clock|failures)\\.hpp$"
        "client ^src/[a-z0-9_]+\\.[ch]pp$"
        "std ^[a-z0-9_]+$"
        "json_fwd ^nlohmann/json_fwd\\.hpp$"
        "nlohmann ^nlohmann/"
        "simdjson ^simdjson"
        "curl ^curl/"
        "spdlog ^spdlog/"
        "fmt ^fmt/"
        "posix ^(arpa/inet|netinet/in|poll|sys/epoll|sys/eventfd|sys/socket|unistd)\\.h$")
    foreach(layer_pattern IN LISTS layer_patterns)
        string(REGEX MATCH "^([a-z_]+) (.*)$" matched "${layer_pattern}")
        set(layer ${CMAKE_MATCH_1})
        set(pattern "${CMAKE_MATCH_2}")
        if(path MATCHES "${pattern}")
            set(${result} ${layer} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${result} unknown PARENT_SCOPE)
endfunction()

# "core/url.hpp" is relative to src/, <cloud_backend/url.hpp> to include/.
function(path_of_include line result)
    string(REGEX MATCH "include[ \t]*([\"<])([^\">]+)" matched "${line}")
    set(quote "${CMAKE_MATCH_1}")
    set(path "${CMAKE_MATCH_2}")
    if(quote STREQUAL "\"")
        string(PREPEND path src/)
    elseif(path MATCHES "^cloud_backend/")
        string(PREPEND path include/)
    endif()
    set(${result} "${path}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/include/*.hpp ${ROOT}/src/*.hpp ${ROOT}/src/*.cpp)
set(include_count 0)
set(violations "")
foreach(file IN LISTS files)
    layer_of(${file} layer)
    file(STRINGS ${ROOT}/${file} lines REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS lines)
        math(EXPR include_count "${include_count} + 1")
        path_of_include("${line}" included)
        layer_of("${included}" included_layer)
        if(NOT included_layer IN_LIST ${layer}_may_include)
            string(APPEND violations "  ${file} (${layer}): ${line} (${included_layer})\n")
        endif()
    endforeach()
endforeach()

if(include_count EQUAL 0)
    message(FATAL_ERROR "no #include found under ${ROOT}")
endif()
if(violations)
    message(FATAL_ERROR "includes that the layers forbid:\n${violations}")
endif()
message(STATUS "${include_count} includes respect the layers")
