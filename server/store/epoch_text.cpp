#include "protocol/generated/cpp/limits.hpp"
#include "server/store/epoch_memory.hpp"
#include "server/store/view.hpp"

#include <charconv>

namespace parley::server {

namespace {

constexpr std::string_view epoch_prefix = "epoch ";

}  // namespace

std::int64_t epoch_in(std::string_view text) {
    // Before epochs were counted it was the highest number that had been given.
    const bool counted = text.starts_with(epoch_prefix);
    const char* begin = text.data() + (counted ? epoch_prefix.size() : 0);
    const char* const text_end = text.data() + text.size();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(begin, text_end, number);
    if (error != std::errc{} || end == text_end || *end != '\n' || number < 0) return 0;
    const std::int64_t epoch = counted ? number : number / limits::restore_jump;
    return epoch <= epoch_max ? epoch : 0;
}

std::string epoch_text(std::int64_t epoch) {
    return std::string(epoch_prefix) + std::to_string(epoch) + "\n";
}

}  // namespace parley::server
