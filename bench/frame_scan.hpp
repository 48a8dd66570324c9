#pragma once

#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::bench {

/// What the generator looks at in an envelope; the views point into the frame.
struct Seen {
    protocol::Type type{};
    std::optional<Uuid> re;
    std::string_view stream;
    std::int64_t seq = 0;
    /// Of `message.new`.
    std::string_view text;
    std::string_view bytes;  // the whole envelope
};

/// Walks over a CBOR frame without decoding it, since a thousand members who decode every message would
/// measure the generator. Each envelope is a map whose keys are the schema's field numbers:
///
///     {0: type, 2: re, 3: stream, 4: seq, 6: {2: text}}
class FrameScan {
  public:
    explicit FrameScan(std::string_view frame) : rest_(frame) {}

    /// The next envelope; nothing at the end, and where the bytes are not CBOR.
    std::optional<Seen> next();
    bool broken() const { return broken_; }

  private:
    struct Head {
        int major = 0;
        std::uint64_t argument = 0;
    };

    Head head();
    std::string_view take(std::uint64_t size);
    void skip();
    void scan_payload(Seen& seen);

    std::string_view rest_;
    bool broken_ = false;
};

}  // namespace parley::bench
