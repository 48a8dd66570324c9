#include "server/ops/system_call.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/store/sync_folder.hpp"

#include <sys/stat.h>

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
    return sync_folder(parent);
}

}  // namespace parley::server
