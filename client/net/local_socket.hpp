#pragma once

#include "base/result.hpp"
#include "client/net/local_message.hpp"
#include "client/net/loop.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace parley::client {

/// A connection between two processes over a Unix socket. Told from the loop; not from inside a call to it.
class LocalConnection {
  public:
    using Received = std::function<void(LocalMessage)>;
    using Closed = std::function<void()>;

    ~LocalConnection();
    LocalConnection(const LocalConnection&) = delete;
    LocalConnection& operator=(const LocalConnection&) = delete;

    /// Connects; fails at once where nobody listens.
    static Result<std::unique_ptr<LocalConnection>> connect(Loop& loop, const std::string& folder);

    /// To be called once, before anything else. Destroying the connection inside of either is allowed.
    void start(Received received, Closed closed);
    void send(LocalMessage message);
    std::size_t bytes_queued() const;

  private:
    friend class LocalListener;
    struct Impl;
    explicit LocalConnection(std::shared_ptr<Impl> impl);
    /// Shared with the operations under way, which find it closed when the connection is gone.
    std::shared_ptr<Impl> impl_;
};

/// Listens in a folder that only this person may enter.
class LocalListener {
  public:
    using Accepted = std::function<void(std::unique_ptr<LocalConnection>)>;

    /// Takes the place of a socket that a dead process left behind: the caller is the folder's owner.
    static Result<std::unique_ptr<LocalListener>> create(Loop& loop, const std::string& folder,
                                                         Accepted accepted);
    ~LocalListener();
    LocalListener(const LocalListener&) = delete;
    LocalListener& operator=(const LocalListener&) = delete;

  private:
    struct Impl;
    explicit LocalListener(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace parley::client
