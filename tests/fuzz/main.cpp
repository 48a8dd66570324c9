#include "tests/fuzz/decoder.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

/// One libFuzzer program for every decoder. The first byte of an input chooses the decoder, or an argument
/// does:
///
///     fuzz_decoders --list                 names of the decoders
///     fuzz_decoders --seeds=FOLDER         writes FOLDER/DECODER/… for each, and ends
///     fuzz_decoders --decoder=NAME …       all inputs for this one, without the first byte; … is libFuzzer's
namespace parley::fuzz {
namespace {

const std::vector<Decoder>& all_decoders() {
    static const std::vector<Decoder> all = [] {
        std::vector<Decoder> decoders = protocol_decoders();
        for (const auto& more : {recorder_decoders(), edge_decoders(), http_decoders(), store_decoders(),
                                 backup_decoders(), text_decoders(), markdown_decoders()})
            decoders.insert(decoders.end(), more.begin(), more.end());
        return decoders;
    }();
    return all;
}

const Decoder* chosen = nullptr;

void list() {
    for (const Decoder& decoder : all_decoders())
        std::cout << decoder.name << '\n';
}

void write_seeds(const std::filesystem::path& folder) {
    for (const Decoder& decoder : all_decoders()) {
        std::filesystem::create_directories(folder / decoder.name);
        std::size_t number = 0;
        for (const std::string& seed : decoder.seeds()) {
            std::ofstream(folder / decoder.name / std::to_string(number++), std::ios::binary) << seed;
        }
    }
}

void choose(std::string_view name) {
    for (const Decoder& decoder : all_decoders()) {
        if (decoder.name == name) chosen = &decoder;
    }
    if (chosen == nullptr) {
        std::cerr << "no decoder is called " << name << "; --list names them\n";
        std::exit(2);
    }
}

void run(std::string_view bytes) {
    if (chosen != nullptr) return chosen->run(bytes);
    if (bytes.empty()) return;
    const auto first = static_cast<std::uint8_t>(bytes.front());
    all_decoders()[first % all_decoders().size()].run(bytes.substr(1));
}

}  // namespace

void must(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "does not hold: " << what << '\n';
    std::abort();
}

}  // namespace parley::fuzz

// libFuzzer leaves arguments with two dashes to us.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
    for (int i = 1; i < *count; ++i) {
        const std::string_view argument((*arguments)[i]);
        constexpr std::string_view seeds = "--seeds=";
        constexpr std::string_view decoder = "--decoder=";
        if (argument == "--list") {
            parley::fuzz::list();
            std::exit(0);
        }
        if (argument.starts_with(seeds)) {
            parley::fuzz::write_seeds(argument.substr(seeds.size()));
            std::exit(0);
        }
        if (argument.starts_with(decoder)) parley::fuzz::choose(argument.substr(decoder.size()));
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    parley::fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
