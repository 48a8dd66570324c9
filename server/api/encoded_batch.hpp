#pragma once

#include "protocol/codec.hpp"
#include "server/domain/batch.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace parley::server {

/// A committed batch together with what its effects look like on the wire: each is encoded when a session
/// first needs it, once per encoding for the whole process. Shared by all shards; any thread may ask.
class EncodedBatch {
  public:
    explicit EncodedBatch(SharedBatch batch);
    ~EncodedBatch();
    EncodedBatch(const EncodedBatch&) = delete;
    EncodedBatch& operator=(const EncodedBatch&) = delete;

    const Batch& batch() const { return *batch_; }
    /// About how many bytes it takes, with all that may still be encoded.
    std::size_t weight() const { return weight_; }

    /// The envelope of an effect that is a change or a receipt; lives as long as this.
    const std::string& text(std::size_t effect, protocol::Encoding encoding) const;

  private:
    using Slot = std::atomic<const std::string*>;
    SharedBatch batch_;
    std::size_t weight_;
    mutable std::vector<std::array<Slot, 2>> slots_;
};

using SharedEncodedBatch = std::shared_ptr<const EncodedBatch>;  // held by each shard while it may replay it

}  // namespace parley::server
