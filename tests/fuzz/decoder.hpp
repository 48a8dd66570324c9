#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What the fuzzer drives: a decoder with all that must hold of it, whatever it is given. A condition that
/// does not hold ends the process.
namespace parley::fuzz {

struct Decoder {
    std::string_view name;
    void (*run)(std::string_view bytes);
    /// Inputs to begin with.
    std::vector<std::string> (*seeds)();
};

/// To be added to main.cpp's list by everybody who writes a decoder.
std::vector<Decoder> protocol_decoders();
std::vector<Decoder> recorder_decoders();
std::vector<Decoder> edge_decoders();
std::vector<Decoder> http_decoders();
std::vector<Decoder> store_decoders();
std::vector<Decoder> backup_decoders();
std::vector<Decoder> markdown_decoders();
std::vector<Decoder> text_decoders();

/// Ends the process where something does not hold.
void must(bool holds, std::string_view what);

}  // namespace parley::fuzz
