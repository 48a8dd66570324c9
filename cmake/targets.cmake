# The four kinds of target. Sources are named one by one, so that a file that nothing builds is noticed.
#
#   parley_library(parley_core outbox.cpp session.cpp DEPS parley_protocol)
#   parley_executable(parleyd COMMAND_LINE main.cpp DEPS parley_server)
#   parley_test(unit_core outbox_test.cpp DEPS parley_core)      one executable per ring: unit_*, contract_*
#   parley_fuzz(fuzz_decoders decoders.cpp DEPS parley_protocol)     of libraries that are FUZZED
#
# Includes start at the root of the project: #include "core/outbox.hpp". A library without sources is headers.

# Where sources are compiled together, up to 32 of a target are one, and all of them are of one size: what is
# left over would cost nearly as much as a whole one.
set(parley_together_max 32)
function(parley_compile_together name)
    list(LENGTH ARGN count)
    math(EXPR batches "(${count} + ${parley_together_max} - 1) / ${parley_together_max}")
    math(EXPR size "(${count} + ${batches} - 1) / ${batches}")
    set_target_properties(${name} PROPERTIES UNITY_BUILD_BATCH_SIZE ${size})
endfunction()

# What is FUZZED tells libFuzzer its branches and comparisons, which costs time: decoders, not everything.
# What is a COMMAND_LINE reads options; CLI11 is parsed once for all of them. It is optimised like the rest:
# of an inline function that several sources use, the linker keeps one copy, and must not keep a slow one.
function(parley_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "COMMAND_LINE;FUZZED" "" "SOURCES;DEPS")
    set(sources ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES})
    if(sources)
        add_library(${name} STATIC ${sources})
        parley_compile_together(${name} ${sources})
        target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
        target_link_libraries(${name} PUBLIC ${arg_DEPS} PRIVATE parley_warnings)
        if(arg_FUZZED AND PARLEY_FUZZERS)
            # clang takes no precompiled headers that were made without this.
            target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
        elseif(arg_COMMAND_LINE)
            parley_is_command_line(${name})
        else()
            parley_use_precompiled(${name} standard)
        endif()
    else()
        add_library(${name} INTERFACE)
        target_include_directories(${name} INTERFACE "${PROJECT_SOURCE_DIR}")
        target_link_libraries(${name} INTERFACE ${arg_DEPS})
    endif()
endfunction()

function(parley_executable name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "COMMAND_LINE" "PRECOMPILED" "SOURCES;DEPS")
    add_executable(${name} ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES})
    parley_compile_together(${name} ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${arg_DEPS} parley_warnings)
    if(arg_COMMAND_LINE)
        parley_is_command_line(${name})
    elseif(arg_PRECOMPILED)
        parley_use_precompiled(${name} ${arg_PRECOMPILED})
    else()
        parley_use_precompiled(${name} standard)
    endif()
endfunction()

function(parley_is_command_line name)
    target_link_libraries(${name} PRIVATE CLI11::CLI11)
    parley_use_precompiled(${name} command_line)
endfunction()

# One GoogleTest executable. The word before the first underscore is its ctest label, by which tools/test
# chooses; THREADS adds the label `threads`, which is what the thread sanitizer runs.
function(parley_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "THREADS" "" "SOURCES;DEPS")
    parley_executable(${name} ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES} PRECOMPILED tests DEPS ${arg_DEPS}
                      GTest::gmock GTest::gtest_main rapidcheck)
    # What is tested is optimised; what a test itself does need not be much: of an inline function that both
    # use, the linker may keep the test's copy.
    target_compile_options(${name} PRIVATE ${PARLEY_TEST_FLAGS})
    add_test(NAME ${name} COMMAND ${name})
    string(REGEX REPLACE "_.*" "" labels "${name}")
    if(arg_THREADS)
        list(APPEND labels threads)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${labels}")
endfunction()

# One libFuzzer executable, in the clang builds (asan, fuzz) only; tools/testing/fuzz gives it a bounded time.
function(parley_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
    if(NOT PARLEY_FUZZERS)
        return()
    endif()
    parley_executable(${name} ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES} DEPS ${arg_DEPS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${name} COMMAND ${name} -runs=1000)
    set_tests_properties(${name} PROPERTIES LABELS fuzz)
endfunction()
