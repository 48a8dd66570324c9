#include "protocol/codec.hpp"
#include "tests/unit/protocol/random_values.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley::protocol {
namespace {

using parley::test::Choices;

rc::Gen<std::vector<std::uint32_t>> many_choices() {
    return rc::gen::scale(
        4.0, rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>()));
}

template <class T>
T drawn() {
    Choices choices(*many_choices());
    T value;
    parley::test::fill(choices, value);
    return value;
}

Envelope read_back(const Envelope& envelope, Encoding encoding) {
    std::string frame;
    append_envelope(frame, envelope, encoding);
    const auto result = decode_frame(frame, encoding);
    if (!result) RC_FAIL(result.error().context);
    RC_ASSERT(result->size() == 1U);
    if (const auto* rejected = std::get_if<Rejected>(&result->front())) RC_FAIL(rejected->error.context);
    return std::get<Envelope>(result->front());
}

RC_GTEST_PROP(RandomEnvelope, SurvivesBothEncodings, ()) {
    const auto envelope = drawn<Envelope>();
    RC_ASSERT(read_back(envelope, Encoding::json) == envelope);
    RC_ASSERT(read_back(envelope, Encoding::cbor) == envelope);
    RC_ASSERT(read_back(read_back(envelope, Encoding::json), Encoding::cbor) == envelope);
}

RC_GTEST_PROP(RandomEnvelope, KeepsItsOrderInAFrame, ()) {
    const auto encoding = *rc::gen::element(Encoding::json, Encoding::cbor);
    std::vector<Envelope> sent;
    std::string frame;
    const int count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
        sent.push_back(drawn<Envelope>());
        std::string encoded;
        append_envelope(encoded, sent.back(), encoding);
        append_to_frame(frame, encoded, encoding);
    }
    const auto result = decode_frame(frame, encoding);
    if (!result) RC_FAIL(result.error().context);
    RC_ASSERT(result->size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        RC_ASSERT(std::holds_alternative<Envelope>((*result)[i]));
        RC_ASSERT(std::get<Envelope>((*result)[i]) == sent[i]);
    }
}

RC_GTEST_PROP(RandomChange, IsTheSameAfterItsEnvelope, ()) {
    const auto change = drawn<Change>();
    RC_ASSERT(to_change(to_envelope(StreamId("c1"), change)) == change);
}

}  // namespace
}  // namespace parley::protocol
