#include "bench/frame_scan.hpp"

#include <algorithm>

namespace parley::bench {

namespace {

constexpr int major_bytes = 2;
constexpr int major_text = 3;
constexpr int major_list = 4;
constexpr int major_map = 5;

constexpr std::uint64_t key_type = 0;
constexpr std::uint64_t key_re = 2;
constexpr std::uint64_t key_stream = 3;
constexpr std::uint64_t key_seq = 4;
constexpr std::uint64_t key_payload = 6;
constexpr std::uint64_t key_text = 2;

}  // namespace

std::optional<Seen> FrameScan::next() {
    if (rest_.empty() || broken_) {
        return std::nullopt;
    }
    const char* start = rest_.data();
    Seen seen;
    const Head map = head();
    broken_ = broken_ || map.major != major_map;
    for (std::uint64_t i = 0; i < map.argument && !broken_; ++i) {
        switch (head().argument) {
            case key_type:
                seen.type = static_cast<protocol::Type>(head().argument);
                break;
            case key_re: {
                const std::string_view bytes = take(head().argument);
                if (bytes.size() == 16) {
                    std::copy(bytes.begin(), bytes.end(), seen.re.emplace().bytes.begin());
                }
                break;
            }
            case key_stream:
                seen.stream = take(head().argument);
                break;
            case key_seq:
                seen.seq = static_cast<std::int64_t>(head().argument);
                break;
            case key_payload:
                scan_payload(seen);
                break;
            default:
                skip();
        }
    }
    if (broken_) {
        return std::nullopt;
    }
    seen.bytes = {start, static_cast<std::size_t>(rest_.data() - start)};
    return seen;
}

void FrameScan::scan_payload(Seen& seen) {
    const Head map = head();
    broken_ = broken_ || map.major != major_map;
    for (std::uint64_t i = 0; i < map.argument && !broken_; ++i) {
        if (head().argument == key_text && seen.type == protocol::Type::message_new) {
            seen.text = take(head().argument);
        } else {
            skip();
        }
    }
}

FrameScan::Head FrameScan::head() {
    if (rest_.empty()) {
        broken_ = true;
        return {};
    }
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    Head found{.major = first >> 5, .argument = static_cast<std::uint64_t>(first & 31)};
    if (found.argument >= 24) {
        const std::size_t size = found.argument <= 27 ? std::size_t{1} << (found.argument - 24) : 9;
        if (size > 8 || rest_.size() < size) {
            broken_ = true;
            return {};
        }
        found.argument = 0;
        for (const char byte : rest_.substr(0, size)) {
            found.argument = found.argument << 8 | static_cast<unsigned char>(byte);
        }
        rest_.remove_prefix(size);
    }
    return found;
}

std::string_view FrameScan::take(std::uint64_t size) {
    if (size > rest_.size()) {
        broken_ = true;
        return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}

void FrameScan::skip() {
    // Counts what is still to be skipped instead of recursing.
    for (std::uint64_t left = 1; left > 0 && !broken_; --left) {
        const Head item = head();
        if (item.major == major_bytes || item.major == major_text) {
            take(item.argument);
        } else if (item.major == major_list) {
            left += item.argument;
        } else if (item.major == major_map) {
            left += 2 * item.argument;
        }
    }
}

}  // namespace parley::bench
