#pragma once

#include "base/result.hpp"
#include "server/config.hpp"

#include <memory>
#include <string>

namespace parley::server {

class Log;

/// The running server: everything of one data directory from `open` to the end of `run`.
class App {
  public:
    /// The signals that end the server reach `run` alone. To be called before any thread is made.
    static void hold_signals();

    /// Opens or makes the data directory and listens; nothing is accepted yet.
    static Result<std::unique_ptr<App>> open(const Settings& settings, Log& log);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    /// What a person at the terminal is told.
    Result<std::string> greeting();

    /// Serves until SIGTERM or SIGINT, then drains: takes nothing more, answers what was taken, sends
    /// everyone away to come back, and closes the store. Status of the process.
    int run();

  private:
    struct Impl;
    explicit App(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace parley::server
