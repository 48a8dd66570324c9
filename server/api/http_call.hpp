#pragma once

#include "protocol/codec.hpp"
#include "server/api/http.hpp"
#include "server/api/http_api.hpp"
#include "server/api/json_field.hpp"
#include "server/api/tokens.hpp"
#include "server/domain/stamp.hpp"

#include <cstdint>
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
    Stamp received;
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
        return body_with_fields<T>("\"target\":" + target_json);
    }
    /// The same for several fields.
    template <class T>
    Result<T> body_with_fields(const std::string& fields_json) const {
        TRY(check_body());
        return protocol::decode<T>(with_field(request.body, fields_json), protocol::Encoding::json);
    }

    /// Its type, and its size as a payload.
    Status check_body() const;
};

/// Who may make a call.
enum class Caller : std::uint8_t {
    signed_in,      ///< Whoever shows an access token.
    stranger,       ///< Anybody, so many times from one address.
    counted_later,  ///< Likewise, where what is in the call does not show who it is.
    /// Anybody, as often as he likes: the answer costs no more than a refusal would, and who asks whether the
    /// process lives may kill it where he is refused.
    probe,
};

/// One line of the table.
struct Route {
    std::string_view method;
    /// "/v1/devices/{device}"; a {name} stands for one segment.
    std::string_view path;
    Caller caller = Caller::signed_in;
    void (HttpApi::*serve)(const SharedCall&) = nullptr;
    /// For routes that are a message of the protocol: its payload out of path, query and body.
    Result<protocol::Payload> (*parse)(const HttpCall&) = nullptr;
};

}  // namespace parley::server
