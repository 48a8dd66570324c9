#pragma once

#include "base/result.hpp"
#include "core/recorder/ring.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace parley::client {

/// The file in which an account's flight recorder keeps the newest lives, beside the database; see
/// docs/recording.md. It is mapped into memory: writing costs no call of the system, and what was written is
/// there after the process has died, however it died. Its whole size is taken from the disk at the beginning,
/// so that a disk that fills up later cannot end the process.
///
/// One process writes it, the owner of the database; others may read it meanwhile.
class RecordingFile {
  public:
    /// Makes the file where there is none. Fails where the disk has no room for it.
    static Result<std::unique_ptr<RecordingFile>> open(const std::filesystem::path& path);
    ~RecordingFile();
    RecordingFile(const RecordingFile&) = delete;
    RecordingFile& operator=(const RecordingFile&) = delete;

    core::Ring& ring() { return ring_; }

    /// What stands in it, as lines; nothing where there is no file or nothing in it.
    static std::optional<std::string> read(const std::filesystem::path& path);

  private:
    explicit RecordingFile(char* memory);

    char* memory_;
    core::Ring ring_;
};

}  // namespace parley::client
