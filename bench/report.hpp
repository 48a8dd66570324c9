#pragma once

#include <string>
#include <utility>
#include <vector>

namespace parley::bench {

/// One measured number. Its name says its unit.
struct Figure {
    std::string name;
    double value = 0;
};

/// What one phase of a scenario gave.
struct Phase {
    std::string name;
    std::vector<Figure> figures;

    void add(std::string figure, double value) { figures.push_back({std::move(figure), value}); }
};

struct Report {
    std::string scenario;
    std::vector<Phase> phases;
    /// False where something that the scenario must show did not hold; `failure` says what.
    bool held = true;
    std::string failure;

    /// Notes that this must hold.
    void require(bool holds, std::string sentence) {
        if (!holds && held) {
            held = false;
            failure = std::move(sentence);
        }
    }
};

/// {"scenario": …, "held": …, "phases": [{"phase": …, "FIGURE": number, …}]} in one line.
std::string to_json(const Report& report);

/// For people: a line per figure.
std::string to_table(const Report& report);

}  // namespace parley::bench
