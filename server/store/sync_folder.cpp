#include "server/store/sync_folder.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace parley::server {

Status sync_folder(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && (::fsync(descriptor) == 0 || errno == EINVAL);
    const int failure = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (synced) return {};
    return fail(ErrorCode::internal, "cannot sync " + path + ": " + std::strerror(failure));
}

}  // namespace parley::server
