#pragma once

#include "protocol/codec.hpp"
#include "server/api/http.hpp"
#include "server/api/http_api.hpp"
#include "server/api/json_field.hpp"
#include "server/api/tokens.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::server {

struct Route;

/// One call under way.
struct HttpCall {
    HttpRequest request;
    HttpDone done;
    HttpTarget target;  // views into request.target
    const Route* route = nullptr;
    /// Values of the route's {names}, in order.
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
    AccessClaims claims;  // once the token was checked
    Log* log = nullptr;

    std::string parameter(std::string_view name) const;
    bool abandoned() const { return request.abandoned && request.abandoned(); }

    void answer(HttpResponse response);
    void answer_json(int status, std::string body);
    void refuse(const Error& error) { answer(HttpApi::problem(error)); }

    /// The body as one of the schema's structs or payloads.
    template <class T>
    Result<T> body() const {
        TRY(check_body());
        return protocol::decode<T>(request.body.empty() ? "{}" : std::string_view(request.body),
                                   protocol::Encoding::json);
    }
    /// The same for a payload whose `target` is in the path, and therefore not in the body.
    template <class T>
    Result<T> body_with_target(const std::string& target_json) const {
        TRY(check_body());
        return protocol::decode<T>(with_field(request.body, "\"target\":" + target_json),
                                   protocol::Encoding::json);
    }

    /// Its type, and its size as a payload.
    Status check_body() const;
};

/// One line of the table.
struct Route {
    std::string_view method;
    /// "/v1/devices/{device}"; a {name} stands for one segment.
    std::string_view path;
    /// Whether it needs an access token.
    bool access = true;
    void (HttpApi::*serve)(const SharedCall&) = nullptr;
    /// For routes that are a message of the protocol: its payload out of path, query and body.
    Result<protocol::Payload> (*parse)(const HttpCall&) = nullptr;
};

}  // namespace parley::server
