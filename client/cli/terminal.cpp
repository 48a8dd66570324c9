#include "client/cli/terminal.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace parley::client::cli {

namespace {

/// Turns off the echo of a terminal for as long as it lives.
class Silence {
  public:
    explicit Silence(int descriptor) : descriptor_(descriptor) {
        if (::tcgetattr(descriptor_, &before_) != 0) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(descriptor_, TCSAFLUSH, &silent) == 0;
    }
    ~Silence() {
        if (changed_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

  private:
    int descriptor_;
    termios before_{};
    bool changed_ = false;
};

std::optional<std::string> ask(int terminal, std::string_view question) {
    const Silence silence(terminal);
    if (::write(terminal, question.data(), question.size()) < 0) return std::nullopt;
    std::string answer;
    for (char c = 0; ::read(terminal, &c, 1) == 1 && c != '\n';)
        answer += c;
    if (::write(terminal, "\n", 1) < 0) return std::nullopt;
    return answer;
}

Outcome<std::string> ask_on_terminal(bool repeat) {
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0) {
        return stop(
            ExitCode::usage,
            "There is no terminal to ask for the password: use --password-file FILE or PARLEY_PASSWORD.");
    }
    auto first = ask(terminal, "Password: ");
    const auto second = first && repeat ? ask(terminal, "Again: ") : first;
    ::close(terminal);
    if (!first || !second) return stop(ExitCode::failed, "The password could not be read.");
    if (*first != *second) return stop(ExitCode::failed, "The two passwords differ. Nothing was done.");
    return *first;
}

}  // namespace

Terminal::Terminal(bool json)
    : json_(json), styled_(::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR")) {}

void Terminal::line(std::string_view text) {
    if (!json_) write(STDOUT_FILENO, std::string(text) + "\n");
}

void Terminal::line(JsonLine& object) {
    if (json_) write(STDOUT_FILENO, object.take() + "\n");
}

void Terminal::note(std::string_view text) {
    if (!json_) return write(STDERR_FILENO, "parley: " + std::string(text) + "\n");
    JsonLine object;
    write(STDERR_FILENO, object.text("note", text).take() + "\n");
}

void Terminal::note_at_terminal(std::string_view text) {
    if (!json_ && ::isatty(STDERR_FILENO) == 1) note(text);
}

void Terminal::problem(const Problem& problem) {
    if (!json_) return write(STDERR_FILENO, "parley: " + problem.sentence + "\n");
    JsonLine object;
    object.text("error", problem.code ? name_of(*problem.code) : name_of(problem.exit_code));
    object.text("message", problem.sentence);
    write(STDERR_FILENO, object.integer("exit_code", static_cast<int>(problem.exit_code)).take() + "\n");
}

std::string Terminal::dim(std::string_view text) const {
    return styled_ ? "\x1b[2m" + std::string(text) + "\x1b[0m" : std::string(text);
}

std::string Terminal::bold(std::string_view text) const {
    return styled_ ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}

void Terminal::write(int descriptor, std::string_view text) {
    while (!text.empty() && !closed_) {
        const auto count = ::write(descriptor, text.data(), text.size());
        if (count >= 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            // Somebody who shares the terminal made it so.
            pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
            ::poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            closed_ = descriptor == STDOUT_FILENO;
            return;
        }
    }
}

Outcome<std::string> read_password(const PasswordSource& source) {
    std::string password;
    if (source.file == "-") {
        std::getline(std::cin, password);
    } else if (!source.file.empty()) {
        std::ifstream in(source.file);
        if (!in) return stop(ExitCode::usage, "The password file " + source.file + " cannot be read.");
        std::getline(in, password);
    } else if (const char* variable = std::getenv("PARLEY_PASSWORD")) {
        password = variable;
    } else {
        return ask_on_terminal(source.repeat);
    }
    if (password.ends_with('\r')) password.pop_back();
    if (password.empty()) return stop(ExitCode::usage, "The password is empty.");
    return password;
}

}  // namespace parley::client::cli
