#pragma once

namespace cloud_batch {

/// What the shell is told, and whoever starts jobs.
enum class ExitStatus {
    ok = 0,
    some_failed = 1,
    usage = 2,
    interrupted = 130,  // 128 + SIGINT, as a shell has it
};

inline constexpr const char* exit_status_help =
    "Exit status:\n"
    "    0  every request is answered\n"
    "    1  some failed, or the run had to end: what is missing is asked by the next run\n"
    "    2  wrong arguments or input\n"
    "  130  interrupted by SIGINT or SIGTERM; the next run goes on\n";

}  // namespace cloud_batch
