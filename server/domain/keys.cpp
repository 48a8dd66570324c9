#include "server/domain/keys.hpp"

#include <array>

namespace parley::server {

namespace {

constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's, in lower case
constexpr int digit_count = 10;

std::string text_of(char letter, std::int64_t value) {
    std::string text(digit_count + 1, letter);
    for (int i = digit_count; i > 0; --i) {
        text[static_cast<std::size_t>(i)] = digits[static_cast<std::size_t>(value & 31)];
        value >>= 5;
    }
    return text;
}

std::int64_t value_of(char letter, std::string_view id) {
    if (id.size() != digit_count + 1 || id[0] != letter) return 0;
    std::int64_t value = 0;
    for (const char c : id.substr(1)) {
        const auto digit = digits.find(c);
        if (digit == std::string_view::npos) return 0;
        value = value << 5 | static_cast<std::int64_t>(digit);
    }
    return value;
}

template <class K>
std::optional<K> key_of(char letter, std::string_view id) {
    const auto value = value_of(letter, id);
    if (value == 0) return std::nullopt;
    return K{value};
}

}  // namespace

AccountId to_id(AccountKey key) {
    return AccountId{text_of('a', key.value)};
}
DeviceId to_id(DeviceKey key) {
    return DeviceId{text_of('d', key.value)};
}
StreamId to_id(ConversationKey key) {
    return StreamId{text_of('c', key.value)};
}
LinkId to_id(LinkKey key) {
    return LinkId{text_of('l', key.value)};
}
StreamId to_stream(AccountKey key) {
    return StreamId{text_of('a', key.value)};
}

std::optional<AccountKey> account_key(std::string_view id) {
    return key_of<AccountKey>('a', id);
}
std::optional<DeviceKey> device_key(std::string_view id) {
    return key_of<DeviceKey>('d', id);
}
std::optional<ConversationKey> conversation_key(std::string_view id) {
    return key_of<ConversationKey>('c', id);
}
std::optional<LinkKey> link_key(std::string_view id) {
    return key_of<LinkKey>('l', id);
}

}  // namespace parley::server
