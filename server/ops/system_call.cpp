#include "server/ops/system_call.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/store/sync_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace parley::server {

std::unexpected<Error> cannot(const std::string& what) {
    return fail(ErrorCode::unavailable, what + ": " + std::strerror(errno));
}

namespace {

Status cannot_make(const std::string& path, const std::filesystem::path& parent) {
    const int failure = errno;
    const std::string what = "the data folder " + path + " cannot be made: ";
    std::error_code ignored;
    if (failure == ENOENT && !std::filesystem::exists(parent, ignored)) {
        return fail(ErrorCode::unavailable,
                    what + "make " + parent.string() + " first, or name another folder with --data");
    }
    return fail(ErrorCode::unavailable, what + std::strerror(failure) + "; name another folder with --data");
}

/// What is there already is left as it is.
Status check_data_folder(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored))
        return fail(ErrorCode::unavailable,
                    path + " is no folder; name another one for the data with --data");
    if (::access(path.c_str(), R_OK | W_OK | X_OK) == 0) return {};
    return fail(ErrorCode::unavailable, "the data folder " + path +
                                            " cannot be written to: " + std::strerror(errno) +
                                            "; run parleyd as its owner, or name another one with --data");
}

}  // namespace

Status make_data_folder(const std::string& path) {
    std::error_code failure;
    auto made = std::filesystem::absolute(path, failure).lexically_normal();
    if (failure) return fail(ErrorCode::unavailable, "the data folder has no name; give it one with --data");
    if (!made.has_filename()) made = made.parent_path();  // it ended with a slash
    const auto parent = made.parent_path();
    if (::mkdir(path.c_str(), S_IRWXU) != 0)
        return errno == EEXIST ? check_data_folder(path) : cannot_make(path, parent);
    // What is synced in a folder whose name is not on the disk is lost with it when the power fails.
    return sync_folder(parent.string());
}

}  // namespace parley::server
