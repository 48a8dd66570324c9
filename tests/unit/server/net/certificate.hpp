#pragma once

#include <filesystem>
#include <string>

namespace parley::server::test {

/// A self-signed certificate in files, gone afterwards.
class Certificate {
  public:
    Certificate();
    ~Certificate();
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    std::string certificate_file() const { return folder_ / "certificate.pem"; }
    std::string key_file() const { return folder_ / "key.pem"; }

  private:
    std::filesystem::path folder_;
};

}  // namespace parley::server::test
