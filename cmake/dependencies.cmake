# Every library from outside. A part names the target it needs (column 1); nothing else calls find_package.
#
#   Boost::headers Boost::json          Asio, Beast; JSON
#   parley_sqlite  OpenSSL::SSL  parley_sodium
#   fmt::fmt  spdlog::spdlog  tomlplusplus::tomlplusplus  CLI11::CLI11  parley_prometheus
#   GTest::gtest GTest::gmock  rapidcheck  benchmark::benchmark      (tests and bench only)

if(PARLEY_WASM)
    # The browser's core takes from outside only Boost.JSON, compiled from its headers. Boost's headers stand
    # among those of the host's C library, so that they alone are made visible.
    find_path(PARLEY_HOST_INCLUDE boost/json/src.hpp PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
    set(parley_boost "${PROJECT_BINARY_DIR}/boost-headers")
    file(MAKE_DIRECTORY "${parley_boost}")
    file(CREATE_LINK "${PARLEY_HOST_INCLUDE}/boost" "${parley_boost}/boost" SYMBOLIC)
    add_library(parley_boost_json STATIC "${PROJECT_SOURCE_DIR}/cmake/wasm/boost_json.cpp")
    target_include_directories(parley_boost_json SYSTEM PUBLIC "${parley_boost}")
    target_compile_definitions(
        parley_boost_json PUBLIC BOOST_NO_EXCEPTIONS BOOST_SYSTEM_DISABLE_THREADS BOOST_EXCEPTION_DISABLE)
    add_library(Boost::json ALIAS parley_boost_json)
    return()
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS headers json)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(parley_sodium REQUIRED IMPORTED_TARGET libsodium)
add_library(parley_sodium ALIAS PkgConfig::parley_sodium)
add_library(parley_prometheus ALIAS prometheus-cpp::core)

# SQLite as Debian's shared library; programs with PARLEY_SQLITE_INSIDE take the same from its archive. Every
# call inside the shared one goes through a table, which is 2 to 5 % of what the simulator does.
find_library(PARLEY_SQLITE_ARCHIVE libsqlite3.a)
mark_as_advanced(PARLEY_SQLITE_ARCHIVE)
add_library(parley_sqlite INTERFACE)
target_include_directories(parley_sqlite SYSTEM INTERFACE ${SQLite3_INCLUDE_DIRS})
set(inside $<BOOL:$<TARGET_PROPERTY:PARLEY_SQLITE_INSIDE>>)
if(PARLEY_SQLITE_ARCHIVE)
    target_link_libraries(parley_sqlite INTERFACE $<IF:${inside},${PARLEY_SQLITE_ARCHIVE},SQLite::SQLite3>
                                                  $<${inside}:m>)
else()
    target_link_libraries(parley_sqlite INTERFACE SQLite::SQLite3)
endif()

find_package(GTest QUIET)
find_package(rapidcheck QUIET)
find_package(benchmark QUIET)
