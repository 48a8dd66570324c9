#include "server/ops/system_call.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace parley::server {

std::unexpected<Error> cannot(const std::string& what) {
    return fail(ErrorCode::unavailable, what + ": " + std::strerror(errno));
}

Status make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), S_IRWXU) != 0) return errno == EEXIST ? Status() : cannot(path);
    // What is synced in a folder whose name is not on the disk is lost with it when the power fails.
    auto made = std::filesystem::absolute(path).lexically_normal();
    if (!made.has_filename()) made = made.parent_path();  // it ended with a slash
    const std::string parent = made.parent_path().string();
    const int descriptor = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return cannot(parent);
    const bool synced = ::fsync(descriptor) == 0;
    ::close(descriptor);
    return synced ? Status() : cannot(parent);
}

}  // namespace parley::server
