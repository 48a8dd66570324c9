#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace parley::bench {

/// A parleyd of the bench's own, on a free loopback port, with a data folder that lasts as long as it does.
/// Ended when it goes out of scope, and when the bench ends in any other way.
class ServerProcess {
  public:
    /// Starts this program and waits until it is ready.
    explicit ServerProcess(const std::string& program);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    pid_t id() const { return id_; }
    std::uint16_t port() const { return port_; }

  private:
    void wait_until_ready();

    pid_t id_ = -1;
    std::uint16_t port_ = 0;
    std::string folder_;
};

}  // namespace parley::bench
