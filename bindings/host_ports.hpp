#pragma once

#include "bindings/parley.h"
#include "core/ports/database.hpp"
#include "core/ports/primitives.hpp"

namespace parley::bindings {

/// The core's database over the host's table of functions.
class HostDatabase final : public core::Database {
  public:
    explicit HostDatabase(const parley_host& host) : host_(host) {}

    Status execute(std::string_view sql) override;
    Result<std::unique_ptr<core::Statement>> prepare(std::string_view sql) override;

  private:
    const parley_host& host_;
};

/// The core's primitives over the host's table of functions.
class HostPrimitives final : public core::Primitives {
  public:
    explicit HostPrimitives(const parley_host& host) : host_(host) {}

    void random(std::span<std::uint8_t> bytes) override;

  private:
    const parley_host& host_;
};

}  // namespace parley::bindings
