#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace parley::server::test {

/// A connection to loopback that sends what it is told, right or wrong, and never waits for longer than a few
/// seconds.
class RawClient {
  public:
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// TLS from here on; whoever the server is.
    bool secure();
    /// False: the server has ended the connection.
    bool send(std::string_view bytes);
    /// Up to and with this; what came until the end where it did not come.
    std::string receive_until(std::string_view end);
    std::string receive_bytes(std::size_t count);
    /// Everything until the server ends the connection; nothing where it does not.
    std::optional<std::string> receive_all();
    /// Whether the server ends it within this time.
    bool ends_within(std::chrono::milliseconds time);

  private:
    std::optional<std::string> receive_some(std::chrono::milliseconds time);

    int socket_;
    ssl_ctx_st* context_ = nullptr;
    ssl_st* tls_ = nullptr;
    std::string read_;
};

/// A status line and headers, and as much of the body as Content-Length says.
struct Answer {
    int status = 0;
    std::string head;
    std::string body;
};
Answer receive_answer(RawClient& client);
std::string get(std::string_view path, std::string_view headers = {});

/// The client's end of a WebSocket.
class RawSocket {
  public:
    struct Message {
        int opcode = 0;
        std::string data;
        /// Of a close frame.
        int code() const;
    };
    explicit RawSocket(RawClient& client) : client_(client) {}

    /// Status of the answer to the upgrade.
    int upgrade(std::string_view subprotocol, std::string_view headers = {},
                std::string_view path = "/v1/socket");
    void send(int opcode, std::string_view data, bool final = true, bool masked = true);
    /// Nothing: the connection ended.
    std::optional<Message> receive();
    /// The code of the close frame, past whatever comes before it; 0: the connection ended without one.
    int close_code();

  private:
    RawClient& client_;
};

inline constexpr int continuation_opcode = 0;
inline constexpr int text_opcode = 1;
inline constexpr int binary_opcode = 2;
inline constexpr int close_opcode = 8;
inline constexpr int ping_opcode = 9;
inline constexpr int pong_opcode = 10;

}  // namespace parley::server::test
