#include "server/store/file_identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace parley::server {

std::string file_identity(const std::string& path) {
    struct statx found{};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return {};
    // Numbers are given again when a file is gone, often to the very next one.
    std::string identity = std::to_string(found.stx_ino);
    if ((found.stx_mask & STATX_BTIME) != 0)
        identity +=
            ":" + std::to_string(found.stx_btime.tv_sec) + "." + std::to_string(found.stx_btime.tv_nsec);
    return identity;
}

}  // namespace parley::server
