#pragma once

#include "core/ports/database.hpp"
#include "core/ports/primitives.hpp"
#include "core/recorder/writer.hpp"

#include <memory>
#include <string_view>

namespace parley::core {

/// A database that writes down which rows were taken from it and which calls failed, and digests what was
/// asked and stored.
class RecordingDatabase final : public Database {
  public:
    RecordingDatabase(Database& of, RecordWriter& writer) : of_(of), writer_(writer) {}

    Status execute(std::string_view sql) override;
    Result<std::unique_ptr<Statement>> prepare(std::string_view sql) override;

  private:
    Database& of_;
    RecordWriter& writer_;
};

/// Chance that is written down.
class RecordingPrimitives final : public Primitives {
  public:
    RecordingPrimitives(Primitives& of, RecordWriter& writer) : of_(of), writer_(writer) {}

    void random(std::span<std::uint8_t> bytes) override;

  private:
    Primitives& of_;
    RecordWriter& writer_;
};

}  // namespace parley::core
