#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace parley::server {

/// One HTTP call, as far as the API looks at it.
struct HttpRequest {
    std::string method;
    /// As it came.
    std::string target;
    std::string authorization;
    std::string idempotency_key;
    /// The header Parley-Follows.
    std::string follows;
    std::string content_type;
    std::string body;
    /// Who is counted for limits: bytes of the client's address, never for logs.
    std::string remote;
    /// Whether the caller has been told that no answer comes in time, or has gone: what was asked for helps
    /// nobody any more. Asked on the shard's thread; none: that never happens.
    std::function<bool()> abandoned = {};
};

struct HttpResponse {
    int status = 200;
    /// Empty: no body.
    std::string content_type;
    std::string body;
    /// Besides Content-Type, Content-Length and what all answers have.
    std::vector<std::pair<std::string, std::string>> headers;
    /// Undoes what helps nobody who does not get this answer: called, as a turn of the shard, where it could
    /// not be written.
    std::function<void()> unsent = {};
};

using HttpDone = std::function<void(HttpResponse)>;

}  // namespace parley::server
