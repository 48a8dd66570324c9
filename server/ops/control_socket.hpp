#pragma once

#include "base/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace parley::server {

/// The door by which `parleyd backup` and `parleyd invite` talk to the process that runs: a Unix socket in
/// the data directory, for its owner only. One line of words asks; the answer is "ok" or "error", a space,
/// and one line.
class ControlSocket {
  public:
    /// Runs on the socket's own thread, one at a time.
    using Serve = std::function<Result<std::string>(std::string_view request)>;

    static Result<std::unique_ptr<ControlSocket>> listen(const std::string& directory, Serve serve);
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

  private:
    ControlSocket(std::string path, int descriptor, Serve serve);
    void run();
    void answer(int connection);

    std::string path_;
    int descriptor_;
    int ending_[2] = {-1, -1};  // a pipe: closing its end wakes the thread
    Serve serve_;
    std::thread thread_;
};

/// Asks the process that runs on this directory. `unavailable`: none does.
Result<std::string> ask_running(const std::string& directory, std::string_view request);

}  // namespace parley::server
