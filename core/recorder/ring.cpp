#include "core/recorder/ring.hpp"

#include "protocol/codec.hpp"
#include "protocol/generated/cpp/door.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

namespace parley::core {
namespace {

/// What the last line of a life may take.
constexpr std::size_t last_line_bytes_max = 256;

/// Whole lines from the beginning to the first zero.
std::string_view whole_lines(std::string_view half) {
    const std::string_view written = half.substr(0, half.find('\0'));
    return written.substr(0, written.rfind('\n') + 1);
}

std::optional<std::int64_t> life_begun_by(std::string_view line) {
    const auto read = protocol::decode<protocol::RecordedLine>(line, protocol::Encoding::json);
    if (!read || !read->life) return std::nullopt;
    return read->life->number;
}

std::int64_t first_life(std::string_view lines) {
    return life_begun_by(lines.substr(0, lines.find('\n'))).value_or(0);
}

/// Looks from the end, since a life may be long.
std::int64_t last_life(std::string_view lines) {
    static constexpr std::string_view beginning = "\n{\"life\":";
    const std::size_t found = lines.rfind(beginning);
    if (found == std::string_view::npos) return first_life(lines);
    const std::string_view line = lines.substr(found + 1);
    return life_begun_by(line.substr(0, line.find('\n'))).value_or(0);
}

/// Writes only where something stands: in a file that is mapped, a page that is written must be written back.
void clear(std::span<char> memory) {
    for (char& byte : memory)
        if (byte != '\0') byte = '\0';
}

/// Which half holds the newest lives; the first where there are none.
std::size_t newer(std::string_view one, std::string_view other) {
    return first_life(one) >= first_life(other) ? 0 : 1;
}

}  // namespace

Ring::Ring(Halves halves) : halves_(halves) {
    for (std::size_t half = 0; half < 2; ++half) {
        const std::string_view lines = whole_lines({halves_[half].data(), halves_[half].size()});
        used_[half] = first_life(lines) > 0 ? lines.size() : 0;
        // What a process left unfinished as it died, or what is no recording at all.
        clear(halves_[half].subspan(used_[half]));
    }
    present_ = newer(lines_of(0), lines_of(1));
    last_life_ = std::max(last_life(lines_of(0)), last_life(lines_of(1)));
}

std::string Ring::text() const {
    return text_of({lines_of(0), lines_of(1)});
}

std::string Ring::text_of(std::array<std::string_view, 2> halves) {
    std::array<std::string_view, 2> lines{whole_lines(halves[0]), whole_lines(halves[1])};
    for (auto& half : lines) {
        if (first_life(half) == 0) half = {};
    }
    const std::size_t last = newer(lines[0], lines[1]);
    return std::string(lines[1 - last]) + std::string(lines[last]);
}

bool Ring::life_grows_long(std::size_t opened_at) const {
    const std::size_t quarter = halves_[present_].size() / 4;
    return used() > 3 * quarter && used() - opened_at > quarter;
}

std::int64_t Ring::begin_life() {
    if (used_[present_] > halves_[present_].size() / 2) {
        present_ = 1 - present_;
        clear(halves_[present_]);
        used_[present_] = 0;
    }
    return ++last_life_;
}

bool Ring::append(std::string_view line, bool last) {
    const std::span<char> half = halves_[present_];
    // The last byte stays zero, so that the lines always end.
    const std::size_t kept_free = 1 + (last ? 0 : last_line_bytes_max);
    if (used_[present_] + line.size() + kept_free > half.size()) return false;
    // From the end, so that a line stands there whole or not at all to whoever looks at the same memory.
    std::ranges::copy(line.substr(1), half.begin() + static_cast<std::ptrdiff_t>(used_[present_]) + 1);
    std::atomic_thread_fence(std::memory_order_release);
    half[used_[present_]] = line.front();
    used_[present_] += line.size();
    return true;
}

}  // namespace parley::core
