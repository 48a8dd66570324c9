#pragma once

#include "tests/support/source_dir.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

/// The golden examples of protocol/golden, which generate.py encodes without any of the code under test.
namespace parley::test {

struct Golden {
    std::string name;  // message.new, message.new.full, Registration …
    std::string json;
    std::string cbor;

    /// Names of structs begin with a capital, those of messages with a small letter.
    bool is_envelope() const { return name.front() >= 'a' && name.front() <= 'z'; }
    /// The name of the message or struct.
    std::string of() const { return name.ends_with(".full") ? name.substr(0, name.size() - 5) : name; }
};

inline std::string file_content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Bytes from hexadecimal digits; what is no digit is skipped.
inline std::string from_hex(std::string_view hex) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string bytes;
    int high = -1;
    for (const char c : hex) {
        const auto value = static_cast<int>(digits.find(c));
        if (value < 0) continue;
        if (high < 0) {
            high = value;
        } else {
            bytes += static_cast<char>(high << 4 | value);
            high = -1;
        }
    }
    return bytes;
}

inline std::vector<Golden> all_golden() {
    const std::filesystem::path folder = test::source_dir() / "protocol" / "golden";
    std::vector<Golden> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".json") continue;
        Golden golden;
        golden.name = entry.path().stem().string();
        golden.json = file_content(entry.path());
        if (golden.json.ends_with('\n')) golden.json.pop_back();
        golden.cbor = from_hex(file_content(folder / (golden.name + ".cbor")));
        all.push_back(std::move(golden));
    }
    std::ranges::sort(all, {}, &Golden::name);
    return all;
}

}  // namespace parley::test
