#include "sim/world.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace parley::sim {

World::World(std::uint64_t seed) : root_(seed), random_(root_.fork("world")) {}

bool World::later(const Waiting& a, const Waiting& b) {
    return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
}

void World::push(Instant when, SharedLife life, Event event) {
    assert(when >= now_);
    queue_.push_back({when, ++sequence_, std::move(life), std::move(event)});
    std::ranges::push_heap(queue_, later);
}

void World::after(Duration delay, Event event) {
    push(now_ + delay, nullptr, std::move(event));
}

void World::after(Duration delay, const SharedLife& life, Event event) {
    push(now_ + delay, life, std::move(event));
}

void World::at(Instant when, const SharedLife& life, Event event) {
    push(std::max(when, now_), life, std::move(event));
}

void World::end(Life& life) {
    life.end();
    // What an event holds may schedule or end something when it goes, so it goes after the queue is whole
    // again.
    std::vector<Waiting> ended;
    for (auto& waiting : queue_) {
        if (waiting.life.get() == &life) ended.push_back(std::move(waiting));
    }
    std::erase_if(queue_, [](const Waiting& waiting) { return !waiting.event; });
    std::ranges::make_heap(queue_, later);
}

bool World::step() {
    while (!queue_.empty()) {
        std::ranges::pop_heap(queue_, later);
        Waiting next = std::move(queue_.back());
        queue_.pop_back();
        if (next.life && next.life->over()) continue;
        now_ = next.at;
        ++events_;
        next.event();
        return true;
    }
    return false;
}

}  // namespace parley::sim
