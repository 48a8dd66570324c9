#pragma once

#include "client/net/loop.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace parley::client {

/// Lines from a descriptor, read while the loop runs; a file, a pipe or a terminal. Holds a bounded number of
/// bytes and reads on when they have been taken.
class LineInput {
  public:
    LineInput(Loop& loop, int descriptor);
    ~LineInput();
    LineInput(const LineInput&) = delete;
    LineInput& operator=(const LineInput&) = delete;

    /// A line waits, or the end was reached.
    bool ready() const;
    /// The next line, without its end (LF or CR LF); a last one without an end counts.
    std::optional<std::string> take();
    /// Everything was taken and nothing more comes.
    bool ended() const;

  private:
    struct Impl;
    /// Shared with the wait under way, which finds it gone when the input is.
    std::shared_ptr<Impl> impl_;
};

}  // namespace parley::client
