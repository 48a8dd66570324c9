#include "server/store/directory_lock.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/store/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace parley::server {

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::take(const std::string& directory) {
    const auto path = directory + "/" + lock_file;
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return fail(ErrorCode::internal, "cannot open " + path + ": " + std::strerror(errno));
    }
    std::unique_ptr<DirectoryLock> lock(new DirectoryLock(descriptor));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return fail(ErrorCode::unavailable, "another process uses the data in " + directory);
    }
    return lock;
}

DirectoryLock::~DirectoryLock() {
    ::close(descriptor_);
}

}  // namespace parley::server
