#include "client/net/line_input.hpp"

#include "client/net/loop_asio.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace parley::client {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t piece_bytes = 1 << 16;
/// With so many lines at hand nothing more is read.
constexpr std::size_t lines_max = 512;
/// Of a longer line the rest is passed over; no message may be so long, so that it is refused, not lost.
constexpr std::size_t line_bytes_max = 1 << 20;

}  // namespace

struct LineInput::Impl : std::enable_shared_from_this<LineInput::Impl> {
    Impl(asio::io_context& of, int from)
        : source(of), descriptor(from), flags_before(::fcntl(from, F_GETFL)) {
        // A duplicate, since Asio closes what it is given.
        error_code error;
        source.assign(::dup(descriptor), error);
        at_end = static_cast<bool>(error);
    }

    void read_on() {
        if (reading || at_end || gone || lines.size() >= lines_max) return;
        reading = true;
        source.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const error_code& error) {
                              self->reading = false;
                              // What cannot be waited for, as a file, is always ready.
                              if (self->gone || (error && error != asio::error::operation_not_supported))
                                  return;
                              self->read_piece();
                              self->read_on();
                          });
    }

    void read_piece() {
        std::array<char, piece_bytes> piece;
        const auto count = ::read(descriptor, piece.data(), piece.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (count <= 0) {
            at_end = true;
            if (!unfinished.empty()) finish_line();
            return;
        }
        for (const char c : std::string_view(piece.data(), static_cast<std::size_t>(count))) {
            if (c == '\n')
                finish_line();
            else if (unfinished.size() < line_bytes_max && !cut)
                unfinished += c;
            else if (!std::exchange(cut, true))
                remove_begun_character(c);
        }
    }

    /// What is cut off begins with this byte, which may be in the middle of a character (RFC 3629).
    void remove_begun_character(char next) {
        const auto continues = [](char c) {
            return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
        };
        for (int bytes = 0; bytes < 4 && continues(next); ++bytes) {
            next = unfinished.back();
            unfinished.pop_back();
        }
    }

    void finish_line() {
        cut = false;
        if (unfinished.ends_with('\r')) unfinished.pop_back();
        lines.push_back(std::exchange(unfinished, {}));
    }

    asio::posix::stream_descriptor source;
    int descriptor;
    /// Asio makes the descriptor non-blocking, for everybody who shares it, as a shell its terminal.
    int flags_before;
    std::deque<std::string> lines;
    std::string unfinished;
    /// The rest of this line is passed over.
    bool cut = false;
    bool reading = false;
    bool at_end = false;
    bool gone = false;
};

LineInput::LineInput(Loop& loop, int descriptor)
    : impl_(std::make_shared<Impl>(loop.impl().context, descriptor)) {
    impl_->read_on();
}

LineInput::~LineInput() {
    impl_->gone = true;
    error_code ignored;
    impl_->source.close(ignored);
    if (impl_->flags_before >= 0) ::fcntl(impl_->descriptor, F_SETFL, impl_->flags_before);
}

bool LineInput::ready() const {
    return !impl_->lines.empty() || impl_->at_end;
}

bool LineInput::ended() const {
    return impl_->lines.empty() && impl_->at_end;
}

std::optional<std::string> LineInput::take() {
    if (impl_->lines.empty()) return std::nullopt;
    std::string line = std::move(impl_->lines.front());
    impl_->lines.pop_front();
    impl_->read_on();
    return line;
}

}  // namespace parley::client
