#pragma once

#include "client/cli/json_line.hpp"
#include "client/cli/problem.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace parley::client::cli {

/// Standard output and error, for people or, with --json, for programs. What is printed has been made
/// harmless by whoever knows that it comes from others (text.hpp).
class Terminal {
  public:
    explicit Terminal(bool json);

    bool json() const { return json_; }
    /// A result. In JSON mode nothing else goes to standard output, so people's lines are left out there.
    void line(std::string_view text);
    void line(JsonLine& object);
    /// A remark beside the result, on standard error; an object in JSON mode.
    void note(std::string_view text);
    /// A remark only for somebody who sits there and waits.
    void note_at_terminal(std::string_view text);
    /// Why the command ends, on standard error; an object in JSON mode.
    void problem(const Problem& problem);
    /// Shown less prominently, where the terminal can.
    std::string dim(std::string_view text) const;
    std::string bold(std::string_view text) const;
    /// `codes` as SGR has them, such as "1;3" for bold and italic.
    std::string styled(std::string_view codes, std::string_view text) const;

    /// Nothing can be written to standard output any more.
    bool closed() const { return closed_; }
    /// Why that is, and not because whoever read it had enough (a pipe that was closed): results are lost.
    const std::optional<std::string>& lost() const { return lost_; }

  private:
    void write(int descriptor, std::string_view text);

    bool json_;
    bool styled_;
    bool closed_ = false;
    std::optional<std::string> lost_;
};

struct PasswordSource {
    /// First line of this file; "-" is standard input. Empty: PARLEY_PASSWORD, else asked on the terminal.
    std::string file;
    /// A new one: asked twice, since nobody sees what is typed, and long enough.
    bool fresh = false;
};

/// Never taken from the command line, where every process could read it.
Outcome<std::string> read_password(const PasswordSource& source);

}  // namespace parley::client::cli
