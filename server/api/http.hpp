#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::server {

/// One HTTP call, as far as the API looks at it.
struct HttpRequest {
    std::string method;
    /// Path and query as they came.
    std::string target;
    std::string authorization;
    std::string idempotency_key;
    /// The header Parley-Follows.
    std::string follows;
    std::string content_type;
    std::string body;
    /// Who is counted for limits: bytes of the client's address, never for logs.
    std::string remote;
    /// True once the caller has been told that no answer comes in time: what was asked for helps nobody any
    /// more. Set on the shard's thread, by the connection that holds it too; none: that never happens.
    std::shared_ptr<const bool> abandoned = {};
};

struct HttpResponse {
    int status = 200;
    /// Empty: no body.
    std::string content_type;
    std::string body;
    /// Besides Content-Type, Content-Length and what all answers have.
    std::vector<std::pair<std::string, std::string>> headers;
};

using HttpDone = std::function<void(HttpResponse)>;

}  // namespace parley::server
