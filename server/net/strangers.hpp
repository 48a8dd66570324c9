#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace parley::server {

/// How many connections there are of whom nobody knows yet who it is, by their addresses, so that one address
/// cannot take all places and keep everybody else out. Memory: one entry for each connection at most. Any
/// thread may use it.
class Strangers {
  public:
    /// One of them, for as long as it lives; does not outlive these.
    class Place {
      public:
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

      private:
        friend class Strangers;
        Place(Strangers& all, std::string address) : all_(all), address_(std::move(address)) {}

        Strangers& all_;
        std::string address_;
    };

    /// `address`: as of `limit_key`. Nothing: there are as many from there already.
    std::unique_ptr<Place> enter(const std::string& address, std::int64_t max);

    /// Addresses that are counted.
    std::size_t size() const;

  private:
    mutable std::mutex mutex_;
    /// Ordered, since whoever has many addresses could choose those that a hash puts together.
    std::map<std::string, std::int64_t> counts_;
};

}  // namespace parley::server
