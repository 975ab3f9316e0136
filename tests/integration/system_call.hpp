#pragma once

#include <cerrno>
#include <system_error>

namespace cloud_backend::test {

/// The result of a system call; throws when it says that it failed.
inline int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

}  // namespace cloud_backend::test
