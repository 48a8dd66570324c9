#include "protocol/json_parser.hpp"

#include <iostream>
#include <string>

/// Reads texts from standard input, each after a line with its size in bytes, and answers each with a line: y
/// where the parser of the protocol takes it as one JSON value, n where it does not.
int main() {
    std::size_t size = 0;
    while (std::cin >> size) {
        std::cin.get();
        std::string text(size, '\0');
        std::cin.read(text.data(), static_cast<std::streamsize>(size));
        parley::protocol::Tree tree;
        std::cout << (parley::protocol::parse_json(text, tree) ? 'y' : 'n') << '\n';
    }
}
