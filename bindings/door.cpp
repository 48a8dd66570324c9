#include "core/door/door.hpp"

#include "bindings/host_ports.hpp"
#include "bindings/parley.h"
#include "protocol/generated/cpp/errors.hpp"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

using parley::Now;
using parley::Status;
using parley::core::DoorKind;
using parley::protocol::Encoding;

/// One core behind the door, with the ports that its host's functions make.
struct parley_client {
    explicit parley_client(const parley_host& of) : host(of), database(host), primitives(host) {}

    parley_host host;
    parley::bindings::HostDatabase database;
    parley::bindings::HostPrimitives primitives;
    std::unique_ptr<parley::core::Door> door;
};

static_assert(PARLEY_MESSAGE == static_cast<int>(DoorKind::message));
static_assert(PARLEY_FRAME == static_cast<int>(DoorKind::frame));
static_assert(PARLEY_COMMANDS == static_cast<int>(DoorKind::commands));

namespace {

std::string_view view_of(const std::uint8_t* bytes, std::uint32_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

Now now_of(std::int64_t instant, std::int64_t wall) {
    return {.instant = {instant}, .wall = {wall}};
}

std::int32_t number_of(const Status& status) {
    return status ? 0 : static_cast<std::int32_t>(status.error().code);
}

}  // namespace

extern "C" {

std::int32_t parley_create(const parley_host* host, std::int32_t encoding, const std::uint8_t* options,
                           std::uint32_t size, std::int64_t instant, std::int64_t wall,
                           parley_client** client) {
    *client = nullptr;
    if (encoding != PARLEY_CBOR && encoding != PARLEY_JSON)
        return static_cast<std::int32_t>(parley::ErrorCode::invalid);
    auto made = std::make_unique<parley_client>(*host);
    auto door = parley::core::Door::open(view_of(options, size),
                                         encoding == PARLEY_CBOR ? Encoding::cbor : Encoding::json,
                                         made->database, made->primitives, now_of(instant, wall));
    if (!door) return static_cast<std::int32_t>(door.error().code);
    made->door = std::move(*door);
    *client = made.release();
    return 0;
}

std::int32_t parley_push(parley_client* client, std::int32_t kind, const std::uint8_t* bytes,
                         std::uint32_t size, std::int64_t instant, std::int64_t wall) {
    const auto known = kind == PARLEY_MESSAGE || kind == PARLEY_FRAME || kind == PARLEY_COMMANDS;
    const auto of = known ? static_cast<DoorKind>(kind) : DoorKind::nothing;
    return number_of(client->door->push(of, view_of(bytes, size), now_of(instant, wall)));
}

std::int32_t parley_poll(parley_client* client, parley_bytes* bytes) {
    *bytes = {};
    const auto output = client->door->poll();
    if (!output) return PARLEY_NOTHING;
    bytes->size = static_cast<std::uint32_t>(output->bytes.size());
    bytes->data = static_cast<std::uint8_t*>(std::malloc(output->bytes.size()));
    if (bytes->data == nullptr) std::abort();
    std::memcpy(bytes->data, output->bytes.data(), output->bytes.size());
    return static_cast<std::int32_t>(output->kind);
}

void parley_free(std::uint8_t* data) {
    std::free(data);
}

void parley_destroy(parley_client* client) {
    delete client;
}

}  // extern "C"
