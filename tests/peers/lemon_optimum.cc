// The optimum of an instance file (bench/solve_bench.c) by LEMON's network simplex, as a peer that
// shares nothing with ours: lemon_optimum FILE prints the worth of the best matching.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

namespace {

constexpr uint32_t magic = 0x31424d4d;

struct Head {
    uint32_t magic, n_mentees, n_mentors, zero;
    uint64_t n_edges;
};

struct Edge {
    uint32_t mentor;
    uint16_t mentee_score, mentor_score;
};

struct Instance {
    Head head;
    std::vector<uint8_t> seats;
    std::vector<uint64_t> first;
    std::vector<Edge> edges;
};

template <typename T> bool read_all(std::FILE *in, std::vector<T> &items, std::size_t n)
{
    items.resize(n);
    return std::fread(items.data(), sizeof(T), n, in) == n;
}

bool read_instance(const char *path, Instance &instance)
{
    std::FILE *in = std::fopen(path, "rb");
    if (!in)
        return false;
    Head &head = instance.head;
    bool ok = std::fread(&head, sizeof head, 1, in) == 1 && head.magic == magic &&
              read_all(in, instance.seats, (std::size_t(head.n_mentors) + 7) & ~std::size_t(7)) &&
              read_all(in, instance.first, std::size_t(head.n_mentees) + 1) &&
              read_all(in, instance.edges, head.n_edges);
    std::fclose(in);
    return ok;
}

// One unit flows from each mentee to the sink: over a mentor, as many as there are seats, at minus
// what the pair is worth, or past all of them at no cost.
int64_t find_optimum(const Instance &instance)
{
    using Graph = lemon::SmartDigraph;
    Graph graph;
    uint32_t n_mentees = instance.head.n_mentees, n_mentors = instance.head.n_mentors;
    std::vector<Graph::Node> mentees, mentors;
    graph.reserveArc(int(instance.head.n_edges + n_mentees + n_mentors));
    for (uint32_t i = 0; i < n_mentees; i++)
        mentees.push_back(graph.addNode());
    for (uint32_t j = 0; j < n_mentors; j++)
        mentors.push_back(graph.addNode());
    Graph::Node sink = graph.addNode();
    std::vector<int64_t> cost;
    std::vector<int> capacity;
    auto add = [&](Graph::Node from, Graph::Node to, int most, int64_t at) {
        graph.addArc(from, to);
        capacity.push_back(most);
        cost.push_back(at);
    };
    for (uint32_t i = 0; i < n_mentees; i++) {
        for (uint64_t e = instance.first[i]; e < instance.first[i + 1]; e++) {
            const Edge &edge = instance.edges[e];
            add(mentees[i], mentors[edge.mentor], 1, -(int64_t(edge.mentee_score) + edge.mentor_score));
        }
        add(mentees[i], sink, 1, 0);
    }
    for (uint32_t j = 0; j < n_mentors; j++)
        add(mentors[j], sink, instance.seats[j], 0);
    Graph::ArcMap<int64_t> costs(graph);
    Graph::ArcMap<int> capacities(graph);
    for (Graph::ArcIt arc(graph); arc != lemon::INVALID; ++arc) {
        costs[arc] = cost[std::size_t(graph.id(arc))];
        capacities[arc] = capacity[std::size_t(graph.id(arc))];
    }
    Graph::NodeMap<int> supply(graph, 0);
    for (Graph::Node mentee : mentees)
        supply[mentee] = 1;
    supply[sink] = -int(n_mentees);
    lemon::NetworkSimplex<Graph, int, int64_t> simplex(graph);
    simplex.upperMap(capacities).costMap(costs).supplyMap(supply);
    return simplex.run() == simplex.OPTIMAL ? -simplex.totalCost<int64_t>() : -1;
}

} // namespace

int main(int argc, char **argv)
{
    Instance instance;
    if (argc != 2 || !read_instance(argv[1], instance)) {
        std::fprintf(stderr, "usage: lemon_optimum FILE, an instance of solve_bench\n");
        return 2;
    }
    std::printf("%" PRId64 "\n", find_optimum(instance));
    return 0;
}
