#include "load_server.hpp"

#include "load_loop.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <new>
#include <system_error>

namespace cloud_backend::benchmarks {

std::string Answer::path() const {
    return fmt::format("/{}/{}/{}/{}", chunks, body_bytes, coalesced, chunks_per_second);
}

Answer Answer::named_by(std::string_view path) {
    Answer answer;
    for (std::size_t* field : std::to_array(
             {&answer.chunks, &answer.body_bytes, &answer.coalesced, &answer.chunks_per_second})) {
        const auto number = path.substr(1, path.find('/', 1) - 1);
        std::from_chars(number.data(), number.data() + number.size(), *field);
        path.remove_prefix(number.size() + 1);
    }
    return answer;
}

LoadServer::LoadServer() : listener_(embedded_server::Socket::listening_on(0, SOMAXCONN)) {
    process_ = ::fork();
    if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        LoadLoop(std::move(listener_), *connections_).run();
    }
    listener_.close();
}

LoadServer::~LoadServer() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

std::string LoadServer::url(const Answer& answer) const {
    return url_ + answer.path();
}

std::unique_ptr<LoadServer::Counter, LoadServer::Unmap> LoadServer::shared_counter() {
    void* memory =
        ::mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    return std::unique_ptr<Counter, Unmap>(new (memory) Counter(0));
}

void LoadServer::Unmap::operator()(Counter* counter) const noexcept {
    ::munmap(counter, sizeof *counter);
}

}  // namespace cloud_backend::benchmarks
