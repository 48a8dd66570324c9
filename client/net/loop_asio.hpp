#pragma once

#include "client/net/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace parley::client {

/// Seen only by the edge files.
struct Loop::Impl {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work = make_work_guard(context);
};

}  // namespace parley::client
