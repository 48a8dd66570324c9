#include "server/ops/secret_file.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/ops/system_call.hpp"
#include "server/store/data_directory.hpp"
#include "server/store/sync_folder.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace parley::server {

namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

/// An open file, closed with its owner.
class File {
  public:
    File(const std::string& path, int flags, mode_t mode = 0)
        : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int descriptor() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }

  private:
    int descriptor_;
};

/// Written beside and renamed into place, so that a crash leaves a whole one or none.
Result<RootSecret> make(const std::string& directory, const std::string& path) {
    RootSecret secret;
    randombytes_buf(secret.bytes.data(), secret.bytes.size());
    const std::string fresh = path + ".new";
    {
        const File file(fresh, O_WRONLY | O_CREAT | O_TRUNC, owner_only);
        if (!file) return cannot(fresh);
        const auto size = static_cast<ssize_t>(secret.bytes.size());
        if (::write(file.descriptor(), secret.bytes.data(), secret.bytes.size()) != size ||
            ::fsync(file.descriptor()) != 0) {
            return cannot(fresh);
        }
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) return cannot(path);
    TRY(sync_folder(directory));
    return secret;
}

}  // namespace

Result<RootSecret> load_root_secret(const std::string& directory) {
    const std::string path = directory + "/" + secret_file;
    const File file(path, O_RDONLY);
    if (!file) return errno == ENOENT ? make(directory, path) : cannot(path);
    RootSecret secret;
    const auto size = static_cast<ssize_t>(secret.bytes.size());
    if (::read(file.descriptor(), secret.bytes.data(), secret.bytes.size()) != size) {
        return fail(ErrorCode::unavailable, path + " is not the secret of a server: it is too short");
    }
    return secret;
}

}  // namespace parley::server
