#include "client/recording_file.hpp"

#include "client/whole_file.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

namespace parley::client {

namespace {

constexpr auto file_bytes = static_cast<std::size_t>(limits::recording_bytes_max);
constexpr std::size_t half_bytes = file_bytes / 2;

std::unexpected<Error> failed(const char* what, int error) {
    return fail(ErrorCode::unavailable,
                std::string("the flight recorder's file cannot be ") + what + ": " + std::strerror(error));
}

core::Ring::Halves halves_of(char* memory) {
    const std::span<char> all(memory, file_bytes);
    return {all.first(half_bytes), all.subspan(half_bytes)};
}

/// Takes the whole size from the disk, also where the file is there already: a page without a place on the
/// disk would end the process when it is written. Returns the number of an error, or 0.
int reserve(int descriptor) {
    int error = EINTR;
    while (error == EINTR)
        error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(file_bytes));
    return error;
}

bool is_whole(int descriptor) {
    struct stat status{};
    return ::fstat(descriptor, &status) == 0 && status.st_size == static_cast<off_t>(file_bytes);
}

}  // namespace

Result<std::unique_ptr<RecordingFile>> RecordingFile::open(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed("opened", errno);
    const bool was_whole = is_whole(descriptor);
    const int reserved = reserve(descriptor);
    void* memory = MAP_FAILED;
    if (reserved == 0)
        memory = ::mmap(nullptr, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    const int error = reserved != 0 ? reserved : errno;
    ::close(descriptor);
    if (memory == MAP_FAILED) {
        // What could not be had whole is of no use, and takes room where there is little. A recording that is
        // there stays.
        if (reserved != 0 && !was_whole) ::unlink(path.c_str());
        return failed("made", error);
    }
    return std::unique_ptr<RecordingFile>(new RecordingFile(static_cast<char*>(memory)));
}

RecordingFile::RecordingFile(char* memory) : memory_(memory), ring_(halves_of(memory)) {}

RecordingFile::~RecordingFile() {
    ::munmap(memory_, file_bytes);
}

std::optional<std::string> RecordingFile::read(const std::filesystem::path& path) {
    const auto all = whole_file(path);
    if (!all || all->size() != file_bytes) return std::nullopt;
    const std::string_view view(*all);
    std::string text = core::Ring::text_of({view.substr(0, half_bytes), view.substr(half_bytes)});
    if (text.empty()) return std::nullopt;
    return text;
}

}  // namespace parley::client
