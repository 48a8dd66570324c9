#include "server/store/file_identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace parley::server {

namespace {

/// In hexadecimal; empty: the file system has none.
std::string handle_of(const std::string& path) {
    alignas(file_handle) std::array<std::uint8_t, sizeof(file_handle) + MAX_HANDLE_SZ> space{};
    auto* const handle = reinterpret_cast<file_handle*>(space.data());
    handle->handle_bytes = MAX_HANDLE_SZ;
    int mount = 0;
    if (::name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount, AT_SYMLINK_FOLLOW) != 0) return {};
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < handle->handle_bytes; ++i) {
        const std::uint8_t byte = space.at(offsetof(file_handle, f_handle) + i);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

std::string file_identity(const std::string& path) {
    struct statx found{};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return {};
    // Numbers are given again when a file is gone, often to the very next one.
    if ((found.stx_mask & STATX_BTIME) == 0) return identity_without_birth(path);
    return std::to_string(found.stx_ino) + ":" + std::to_string(found.stx_btime.tv_sec) + "." +
           std::to_string(found.stx_btime.tv_nsec);
}

std::string identity_without_birth(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return {};
    std::string identity = std::to_string(found.st_ino);
    if (const auto handle = handle_of(path); !handle.empty()) identity += "/" + handle;
    return identity;
}

}  // namespace parley::server
