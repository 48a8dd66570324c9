#include "sim/trace.hpp"

#include <bit>
#include <cstring>

namespace parley::sim {

namespace {

std::uint64_t stir(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * 0x9fb21c651e98df25;
    return hash ^ std::rotl(hash, 28);
}

}  // namespace

void Trace::mix(std::string_view bytes) {
    hash_ = stir(hash_, bytes.size());
    while (!bytes.empty()) {
        std::uint64_t word = 0;
        const std::size_t taken = bytes.size() < sizeof word ? bytes.size() : sizeof word;
        std::memcpy(&word, bytes.data(), taken);
        hash_ = stir(hash_, word);
        bytes.remove_prefix(taken);
    }
}

void Trace::note(Instant at, std::string_view who, std::string_view what, std::string_view bytes) {
    hash_ = stir(hash_, static_cast<std::uint64_t>(at.ms));
    mix(who);
    mix(what);
    mix(bytes);
    if (listener_) listener_(at, who, what, bytes);
}

std::string Trace::digits() const {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) {
        text += kDigits[(hash_ >> shift) & 15];
    }
    return text;
}

}  // namespace parley::sim
