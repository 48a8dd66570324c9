#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace parley::rig {

/// A TUN interface: what the kernel sends into it is read here, what is written here arrives there, one IP
/// packet at a time. Never blocks.
class Tunnel {
  public:
    /// Makes the interface in the network namespace of this process; the error is a sentence.
    static std::expected<Tunnel, std::string> open(const std::string& interface);
    /// Makes it in the namespace that the file stands for.
    static std::expected<Tunnel, std::string> open_in(const std::string& namespace_file,
                                                      const std::string& interface);

    Tunnel(Tunnel&& other) noexcept;
    Tunnel& operator=(Tunnel&&) = delete;
    ~Tunnel();

    int descriptor() const { return descriptor_; }
    /// The next packet, empty where none waits.
    std::vector<std::uint8_t> read() const;
    /// A packet that the kernel does not take is lost, as on any network.
    void write(const std::vector<std::uint8_t>& packet) const;

  private:
    explicit Tunnel(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace parley::rig
