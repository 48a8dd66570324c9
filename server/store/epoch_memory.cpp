#include "server/store/epoch_memory.hpp"

#include "protocol/generated/cpp/limits.hpp"
#include "server/store/copies_sqlite.hpp"
#include "server/store/view.hpp"

#include <charconv>
#include <string_view>

namespace parley::server {

namespace {

constexpr std::string_view prefix = "epoch ";

std::string memory_in(const std::string& directory) {
    return copies::database_in(directory) + ".restored";
}

}  // namespace

std::int64_t remembered_epoch(const std::string& directory) {
    return epoch_in(copies::content_of(memory_in(directory)));
}

std::int64_t epoch_in(std::string_view text) {
    // Before epochs were counted it was the highest number that had been given.
    const bool counted = text.starts_with(prefix);
    const char* begin = text.data() + (counted ? prefix.size() : 0);
    const char* const text_end = text.data() + text.size();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(begin, text_end, number);
    if (error != std::errc{} || end == text_end || *end != '\n' || number < 0) return 0;
    const std::int64_t epoch = counted ? number : number / limits::restore_jump;
    return epoch <= epoch_max ? epoch : 0;
}

std::string epoch_text(std::int64_t epoch) {
    return std::string(prefix) + std::to_string(epoch) + "\n";
}

Status remember_epoch(const std::string& directory, std::int64_t epoch) {
    const std::string fresh = memory_in(directory) + ".new";
    TRY(copies::write_private(fresh, epoch_text(epoch)));
    return copies::move_into_place(fresh, memory_in(directory));
}

}  // namespace parley::server
