# Fails when the shared LIBRARY exports anything but cloud_backend::, such as a part of a library it
# was built with, which could then take the place of the user's own.
#
# libstdc++ gives namespace std default visibility, so its templates and inline objects that were
# instantiated here are exported whatever the flags; they are allowed, as they are weak (W, V) or
# unique (u) and the same everywhere.
#
# Mangled names, because a demangled template begins with its return type instead of its scope.
execute_process(
    COMMAND ${NM} --dynamic --defined-only --format=posix ${LIBRARY}
    OUTPUT_VARIABLE symbols
    COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" symbols "${symbols}")

set(of_cloud_backend "^_Z(T[VISTC]|Thn[0-9]+_|GV)?(NK?)?13cloud_backend[^ ]* [TDBRVWu] ")
set(of_std "^_Z(T[VISTC]|(GV)?Z?)(NK?)?S[tabsiod][^ ]* [WVu] ")
set(exported "${symbols}")
list(FILTER exported INCLUDE REGEX "${of_cloud_backend}")
if(NOT exported)
    message(FATAL_ERROR "nothing of cloud_backend is exported")
endif()
list(FILTER symbols EXCLUDE REGEX "${of_cloud_backend}")
list(FILTER symbols EXCLUDE REGEX "${of_std}")
if(symbols)
    list(JOIN symbols "\n  " symbols)
    message(FATAL_ERROR "exported, but not of cloud_backend:\n  ${symbols}")
endif()
