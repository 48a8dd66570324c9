# The headers that nearly every source includes, parsed once per build: that is half of what a source costs.
#
#   parley_precompile(standard HEADERS string vector)
#   parley_use_precompiled(parley_core standard)
#
# A source still includes all that it uses: tools/tidy checks it, and the release preset does without this.
# CMake's own target_precompile_headers would write the place of the checkout into what clang makes, and the
# compiler's cache would then serve one checkout only. So these headers are all from outside the project, and
# what is made of them is the same everywhere.

option(PARLEY_PRECOMPILED "parse common headers once per build" OFF)

# FLAGS are those that the users' compile commands have besides CMAKE_CXX_FLAGS.
function(parley_precompile name)
    if(NOT PARLEY_PRECOMPILED)
        return()
    endif()
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;FLAGS")
    set(folder "${PROJECT_BINARY_DIR}/precompiled")
    file(MAKE_DIRECTORY "${folder}")
    separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS}")
    if(CMAKE_CXX_COMPILER_TARGET)
        list(APPEND flags "--target=${CMAKE_CXX_COMPILER_TARGET}")
    endif()
    # Being pedantic defines other macros in g++.
    list(APPEND flags ${arg_FLAGS} "${CMAKE_CXX${CMAKE_CXX_STANDARD}_STANDARD_COMPILE_OPTION}" -Wpedantic)

    if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
        # The main file is one that stands at the same place on every machine.
        set(input /dev/null)
        set(made "${folder}/${name}.pch")
        set(use "-include-pch ${made}")
        set(launcher)
        list(APPEND flags -Xclang -fno-pch-timestamp -fpch-instantiate-templates)
        foreach(header IN LISTS arg_HEADERS)
            list(APPEND flags -include ${header})
        endforeach()
    else()
        # g++ writes something else each time, so that the cache has to hand out what was made first.
        set(input "precompiled/${name}.hpp")
        set(made "${folder}/${name}.hpp.gch")
        set(use "-include ${folder}/${name}.hpp -Winvalid-pch")
        set(launcher ${CMAKE_CXX_COMPILER_LAUNCHER})
        list(TRANSFORM arg_HEADERS REPLACE "(.+)" "#include <\\1>\n")
        string(CONCAT lines ${arg_HEADERS})
        file(CONFIGURE OUTPUT "${folder}/${name}.hpp" CONTENT "${lines}" @ONLY)
    endif()

    add_custom_command(
        OUTPUT "${made}"
        COMMAND ${launcher} "${CMAKE_CXX_COMPILER}" ${flags} -MD -MT "${made}" -MF "${made}.d"
                -x c++-header ${input} -o "${made}"
        DEPFILE "${made}.d"
        WORKING_DIRECTORY "${PROJECT_BINARY_DIR}"
        COMMENT "Precompiling the ${name} headers"
        VERBATIM)
    add_custom_target(parley_precompiled_${name} DEPENDS "${made}")
    set_property(TARGET parley_precompiled_${name} PROPERTY PARLEY_USE "${use}")
endfunction()

function(parley_use_precompiled target name)
    if(PARLEY_PRECOMPILED)
        add_dependencies(${target} parley_precompiled_${name})
        get_property(use TARGET parley_precompiled_${name} PROPERTY PARLEY_USE)
        target_compile_options(${target} PRIVATE "SHELL:${use}")
    endif()
endfunction()

set(parley_standard_headers
    algorithm
    array
    chrono
    cstdint
    deque
    expected
    functional
    map
    memory
    optional
    set
    span
    string
    string_view
    unordered_map
    utility
    variant
    vector)
parley_precompile(standard HEADERS ${parley_standard_headers})

if(GTest_FOUND)
    get_target_property(gtest_flags GTest::gtest INTERFACE_COMPILE_OPTIONS)
    parley_precompile(tests HEADERS ${parley_standard_headers} gmock/gmock.h gtest/gtest.h
                      FLAGS ${gtest_flags} ${PARLEY_TEST_FLAGS})
endif()
if(TARGET CLI11::CLI11)
    parley_precompile(command_line HEADERS ${parley_standard_headers} CLI/CLI.hpp)
endif()
