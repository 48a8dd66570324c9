#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace parley {

/// 64 bits that tell one sequence of texts and numbers from another, the same on every machine. Against
/// accidents only.
class Digest {
  public:
    void add(std::string_view bytes) {
        stir(bytes.size());
        while (!bytes.empty()) {
            std::uint64_t word = 0;
            const std::size_t taken = bytes.size() < sizeof word ? bytes.size() : sizeof word;
            std::memcpy(&word, bytes.data(), taken);
            if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
            stir(word);
            bytes.remove_prefix(taken);
        }
    }
    void add(std::int64_t number) { stir(static_cast<std::uint64_t>(number)); }

    std::uint64_t value() const { return hash_; }
    /// 16 hexadecimal digits.
    std::string digits() const {
        static constexpr std::string_view hexadecimal = "0123456789abcdef";
        std::string text;
        for (int shift = 60; shift >= 0; shift -= 4)
            text += hexadecimal[(hash_ >> shift) & 15];
        return text;
    }

  private:
    void stir(std::uint64_t word) {
        hash_ = (hash_ ^ word) * 0x9fb21c651e98df25;
        hash_ ^= std::rotl(hash_, 28);
    }

    std::uint64_t hash_ = 0x2545f4914f6cdd1d;
};

}  // namespace parley
