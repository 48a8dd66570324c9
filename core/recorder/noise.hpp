#pragma once

#include "base/bytes.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/door.hpp"
#include "protocol/generated/cpp/each_text.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parley::core {

/// Puts noise in the place of everything that people wrote or must keep to themselves. The noise has the same
/// number of bytes and code points, takes the same room in JSON, and is a handle or the name of a kind of
/// custom data where it replaces one, so that a core does with it what it does with the original. Beyond that
/// it tells nothing: every message with as many code points of each size becomes the same noise, wherever in
/// it they stood. Only names and handles are told apart (the first, the second …), since a core looks whether
/// a profile has changed.
class Noise {
  public:
    void hide(std::string& text, protocol::TextKind kind);

    void hide(protocol::DoorInput& input);
    void hide(protocol::Payload& payload);
    /// A frame of the server, in its own encoding. What cannot be read stays what cannot be read, with its
    /// ids.
    std::string frame(std::string_view frame, protocol::Encoding encoding);

    /// A T in CBOR, as the local database keeps it; zeros where it is none.
    template <class T>
    std::string stored(ByteView bytes);
    /// A command as the local database keeps it.
    std::string stored_command(ByteView bytes);

  private:
    std::int64_t number_of(const std::string& name);

    /// Names in the order in which they were first seen.
    std::unordered_map<std::string, std::int64_t> names_;
};

}  // namespace parley::core
