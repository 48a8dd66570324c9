#include "client/cli/terminal.hpp"

#include "base/utf8.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <system_error>

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

/// A file descriptor that is closed at the end of its life.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

  private:
    int number_;
};

/// Holds back the signals that ask this process to end, except while it waits in `readable`, so that none
/// comes unseen between a look and a wait.
class HeldSignals {
  public:
    HeldSignals() {
        sigset_t ends;
        ::sigemptyset(&ends);
        ::sigaddset(&ends, SIGINT);
        ::sigaddset(&ends, SIGTERM);
        ::pthread_sigmask(SIG_BLOCK, &ends, &before_);
    }
    ~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;

    /// Waits until something can be read; false: a signal came first.
    bool readable(int descriptor) const {
        pollfd waited{.fd = descriptor, .events = POLLIN, .revents = 0};
        return ::ppoll(&waited, 1, nullptr, &before_) >= 0 || errno != EINTR;
    }

  private:
    sigset_t before_{};
};

/// A line without its end.
Outcome<std::string> ask(int terminal, std::string_view question) {
    const Silence silence(terminal);
    const HeldSignals signals;
    const auto unreadable = [] {
        return stop(ExitCode::failed, "The password could not be read. Nothing was done.");
    };
    if (::write(terminal, question.data(), question.size()) < 0) return unreadable();
    std::string answer;
    bool interrupted = false;
    ssize_t count = 0;
    for (char c = 0; c != '\n';) {
        interrupted = !signals.readable(terminal);
        if (interrupted) break;
        count = ::read(terminal, &c, 1);
        if (count != 1) break;
        if (c != '\n') answer += c;
    }
    if (::write(terminal, "\n", 1) < 0) return unreadable();
    if (interrupted) return stop(ExitCode::interrupted, "Interrupted. Nothing was done.");
    if (count < 0) return unreadable();
    if (answer.empty()) return stop(ExitCode::usage, "The password is empty. Nothing was done.");
    return answer;
}

Outcome<std::string> ask_on_terminal(bool fresh) {
    const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (terminal.number() < 0) {
        return stop(
            ExitCode::usage,
            "There is no terminal to ask for the password: use --password-file FILE or PARLEY_PASSWORD.");
    }
    if (!fresh) return ask(terminal.number(), "Password: ");
    const std::string least = "at least " + std::to_string(limits::password_chars_min) + " characters";
    TRY_ASSIGN(std::string first, ask(terminal.number(), "New password (" + least + "): "));
    const auto length = count_code_points(first);
    if (!length || *length < static_cast<std::size_t>(limits::password_chars_min))
        return stop(ExitCode::usage, "A password has " + least + ". Nothing was done.");
    TRY_ASSIGN(const std::string second, ask(terminal.number(), "Again: "));
    if (first != second) return stop(ExitCode::failed, "The two passwords differ. Nothing was done.");
    return first;
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
    return styled("2", text);
}

std::string Terminal::bold(std::string_view text) const {
    return styled("1", text);
}

std::string Terminal::styled(std::string_view codes, std::string_view text) const {
    std::string out(text);
    if (styled_) out.insert(0, "\x1b[" + std::string(codes) + "m").append("\x1b[0m");
    return out;
}

void Terminal::write(int descriptor, std::string_view text) {
    // What is to be said on standard error is said all the same.
    while (!text.empty() && !(closed_ && descriptor == STDOUT_FILENO)) {
        const auto count = ::write(descriptor, text.data(), text.size());
        if (count >= 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            // Somebody who shares the terminal made it so.
            pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
            ::poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            if (descriptor != STDOUT_FILENO) return;
            closed_ = true;
            if (errno != EPIPE) lost_ = std::generic_category().message(errno);
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
        return ask_on_terminal(source.fresh);
    }
    if (password.ends_with('\r')) password.pop_back();
    if (password.empty()) return stop(ExitCode::usage, "The password is empty.");
    return password;
}

}  // namespace parley::client::cli
