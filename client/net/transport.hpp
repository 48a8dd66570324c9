#pragma once

#include "base/result.hpp"
#include "client/net/loop.hpp"
#include "protocol/codec.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parley::client {

/// Where a server is.
struct ServerAddress {
    bool secure = true;
    std::string host;
    std::string port;

    /// From "https://chat.example.org", "http://127.0.0.1:8080" or the same without a scheme, which then is
    /// https, on this machine http. Nothing for what is no such address (it has no path, query or user).
    static std::optional<ServerAddress> parse(std::string_view text);

    /// The form with scheme, and with port where it is not the scheme's own.
    std::string text() const;
    /// Names this machine: what is sent there crosses no network.
    bool is_loopback() const;

    friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

struct TransportOptions {
    ServerAddress server;
    /// File with certificates (PEM) that are trusted besides the system's; empty: none.
    std::string ca_file;
    protocol::Encoding encoding = protocol::Encoding::cbor;
    /// Name and version, for the User-Agent header.
    std::string client_name = "parley";
};

/// What Transport tells its host, always from the loop, never from inside a call to it.
class TransportEvents {
  public:
    virtual ~TransportEvents() = default;

    virtual void socket_connected() = 0;
    virtual void socket_frame(std::string_view frame) = 0;
    /// `reason` is for people.
    virtual void socket_disconnected(std::optional<std::uint16_t> code, std::string reason) = 0;
};

/// One WebSocket to the server and HTTP calls beside it; the only part that sees Beast and TLS.
class Transport {
  public:
    /// `events` and `loop` outlive the transport. Fails where `ca_file` cannot be read.
    static Result<std::unique_ptr<Transport>> create(Loop& loop, TransportOptions options,
                                                     TransportEvents& events);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    /// Begins a new connection; an open one is dropped without a word. One event follows: connected, or
    /// disconnected.
    void open();
    /// Queues a frame on the open connection; without one it is dropped.
    void send(std::string frame);
    /// Says goodbye; no event follows.
    void close(std::uint16_t code);
    /// Bytes that wait to be sent.
    std::size_t bytes_queued() const;
    /// A goodbye is still under way.
    bool closing() const;
    /// A call has no answer yet.
    bool calling() const;

    struct Call {
        std::string method;
        std::string path;
        std::string body;
        std::string bearer;
    };
    struct Answer {
        /// 0: none came, and `reason` says why.
        int status = 0;
        std::string body;
        std::string reason;
    };
    void call(Call call, std::function<void(Answer)> answered);

  private:
    struct Impl;
    explicit Transport(std::shared_ptr<Impl> impl);
    /// Shared with the coroutines under way, which find it closed when the transport is gone.
    std::shared_ptr<Impl> impl_;
};

}  // namespace parley::client
