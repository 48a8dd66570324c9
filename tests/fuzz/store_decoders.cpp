// What a store makes of what stands on its disk: rows, and the memory of epochs that a restore reads.

#include "protocol/codec.hpp"
#include "server/store/epoch_memory.hpp"
#include "server/store/row_codec.hpp"
#include "server/store/view.hpp"
#include "tests/fuzz/decoder.hpp"
#include "tests/unit/protocol/golden_files.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <variant>

namespace parley::fuzz {

namespace {

using protocol::Type;

constexpr std::array row_types{Type::message_new,
                               Type::member_changed,
                               Type::conversation_changed,
                               Type::joined,
                               Type::left,
                               Type::read_changed,
                               Type::device_changed,
                               Type::profile_changed,
                               Type::preferences_changed,
                               Type::draft_changed,
                               Type::reaction_changed,
                               Type::pin_changed,
                               Type::block_changed,
                               Type::ping};

/// The first byte of an input says of which type the row is.
void check_row_body(std::string_view bytes) {
    if (bytes.empty()) return;
    const Type type = row_types[static_cast<std::uint8_t>(bytes.front()) % row_types.size()];
    const auto payload = server::decode_body(type, bytes.substr(1));
    if (!payload) return;
    must(type != Type::ping, "what is no row has no body");
    const auto encoded = server::encode_body(*payload);
    must(encoded.has_value(), "what was read can be written");
    const std::string& body = *encoded;
    must(server::decode_body(type, body) == payload, "a body reads as it is");
    const auto json =
        std::visit([](const auto& one) { return protocol::encode(one, protocol::Encoding::json); }, *payload);
    must(server::frame_bytes(as_bytes(body)) >= static_cast<std::int64_t>(json.size()),
         "no body takes more in a frame than is reckoned with");
}

std::vector<std::string> row_seeds() {
    std::vector<std::string> seeds;
    for (const auto& golden : test::all_golden()) {
        if (golden.is_envelope()) continue;
        for (std::size_t i = 0; i < row_types.size(); ++i)
            seeds.push_back(static_cast<char>(i) + golden.cbor);
    }
    return seeds;
}

void check_epoch_memory(std::string_view bytes) {
    const std::int64_t epoch = server::epoch_in(bytes);
    must(epoch >= 0 && epoch <= server::epoch_max, "what is remembered is an epoch, or nothing");
    if (epoch > 0) must(server::epoch_in(server::epoch_text(epoch)) == epoch, "an epoch reads as it is");
}

}  // namespace

std::vector<Decoder> store_decoders() {
    using Seeds = std::vector<std::string>;
    return {
        {"row_body", check_row_body, row_seeds},
        {"epoch_memory", check_epoch_memory,
         [] {
             return Seeds{server::epoch_text(7), "1073741824\n", "epoch 0\n", "epoch -1\n", "epoch 7"};
         }},
    };
}

}  // namespace parley::fuzz
