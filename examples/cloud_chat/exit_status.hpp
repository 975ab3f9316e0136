#pragma once

namespace cloud_chat {

/// What the shell is told: one for each class of failure, so that a script can act on it.
enum class ExitStatus {
    ok = 0,
    other = 1,
    usage = 2,
    key = 3,
    rate_limit = 4,
    network = 5,
    timeout = 6,
    bad_answer = 7,
    server = 8,
    refused = 9,
    interrupted = 130,  // 128 + SIGINT, as a shell has it
};

inline constexpr const char* exit_status_help =
    "Exit status:\n"
    "    0  answered\n"
    "    1  any other error\n"
    "    2  wrong arguments or settings; nothing was sent\n"
    "    3  the key was not accepted, or may not do this\n"
    "    4  rate limit or quota\n"
    "    5  no connection, or it broke\n"
    "    6  the server took too long\n"
    "    7  the answer was cut short or is not one\n"
    "    8  the server failed; with --fallback, none of the servers could answer\n"
    "    9  the server refused the request\n"
    "  130  interrupted by Ctrl-C\n";

}  // namespace cloud_chat
