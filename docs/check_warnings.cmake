# Fails on any warning of Doxygen's but two kinds, which stand for what its name says already:
# - members that are data, of classes that are documented themselves;
# - copying and moving.
# With EXTRACT_ALL Doxygen would miss undocumented functions as well; WARN_AS_ERROR knows no kinds.
# Run with: cmake -D LOG=... -P check_warnings.cmake
cmake_minimum_required(VERSION 3.23)

file(READ ${LOG} warnings)
string(REGEX REPLACE "[][;]" " " warnings "${warnings}")  # A list would be torn or joined at them.
string(STRIP "${warnings}" warnings)
string(REPLACE "\n" ";" warnings "${warnings}")
set(not_documented "of (class|struct) [A-Za-z_:]+ is not documented\\.$")
list(FILTER warnings EXCLUDE REGEX "warning: Member [a-z_]+ \\(variable\\) ${not_documented}")
list(FILTER warnings EXCLUDE REGEX
     "warning: Member [A-Za-z]+=?\\((const )?[A-Za-z:]+ &&?[a-z]*\\) noexcept \\(function\\) ${not_documented}")
if(warnings)
    list(JOIN warnings "\n" warnings)
    message(NOTICE "${warnings}")
    message(FATAL_ERROR "Doxygen warns.")
endif()
