#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>

namespace parley::server {

/// Keeps other processes away from a data directory while it lives; the kernel lets go of it when the process
/// ends, however it ends.
class DirectoryLock {
  public:
    static Result<std::unique_ptr<DirectoryLock>> take(const std::string& directory);
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

  private:
    explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace parley::server
