#include "server/api/encoded_batch.hpp"

#include "server/domain/weight.hpp"

#include <cassert>
#include <utility>

namespace parley::server {

namespace {

protocol::Envelope envelope_of(const Effect& effect) {
    if (const auto* change = std::get_if<ConversationChange>(&effect)) {
        return protocol::to_envelope(to_id(change->conversation), change->change);
    }
    if (const auto* change = std::get_if<AccountChange>(&effect)) {
        return protocol::to_envelope(to_stream(change->account), change->change);
    }
    if (const auto* skipped = std::get_if<Skipped>(&effect)) {
        protocol::Envelope envelope;
        envelope.stream = to_id(skipped->conversation);
        envelope.seq = skipped->seq;
        envelope.payload = protocol::Skip{};
        return envelope;
    }
    const auto* moved = std::get_if<ReceiptMoved>(&effect);
    assert(moved != nullptr);
    protocol::Envelope envelope;
    envelope.stream = to_id(moved->conversation);
    envelope.payload = moved->receipt;
    return envelope;
}

}  // namespace

EncodedBatch::EncodedBatch(SharedBatch batch)
    : batch_(std::move(batch)), weight_(weight_of(*batch_)), slots_(batch_->effects.size()) {}

EncodedBatch::~EncodedBatch() {
    for (auto& slots : slots_) {
        for (Slot& slot : slots)
            delete slot.load();
    }
}

const std::string& EncodedBatch::text(std::size_t effect, protocol::Encoding encoding) const {
    Slot& slot = slots_[effect][static_cast<std::size_t>(encoding)];
    if (const std::string* known = slot.load(std::memory_order_acquire)) return *known;
    auto made = std::make_unique<std::string>();
    // What a row says was tried as it was stored.
    protocol::append_envelope(*made, envelope_of(batch_->effects[effect]), encoding);
    // Two shards may get here at once; then one of them has worked for nothing.
    const std::string* expected = nullptr;
    if (slot.compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel)) return *made.release();
    return *expected;
}

}  // namespace parley::server
