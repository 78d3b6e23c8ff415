// gRPC C++ doing what load.c does, to be measured beside it; compare.py builds and runs it.
//     grpc_peer serve ADDRESS | echo ADDRESS OUTSTANDING CALLS SERVER_PID
//     | stream ADDRESS MESSAGES SERVER_PID | idle ADDRESS CLIENTS
// with --ca FILE --cert FILE --key FILE in front for mutual TLS with a server named "localhost".
// A callback server; a client with one completion queue for calls, the blocking stub for streams.
#include "load.grpc.pb.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <grpcpp/grpcpp.h>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace bench = convene::bench;

namespace
{

std::map<std::string, std::string> files; // "--ca" and so on, read

void fill(bench::Item *item)
{
    item->set_title("C meetup: lock-free queues");
    item->set_starts_at_ms(1700000000000);
    item->mutable_place()->set_latitude(48.2082);
    item->mutable_place()->set_longitude(16.3738);
    item->mutable_place()->set_city("Vienna");
    for (uint32_t topic : {3u, 700u, 15u, 90000u})
        item->add_topics(topic);
    item->mutable_body()->assign(120, '\0');
}

class Writer final : public grpc::ServerWriteReactor<bench::Item>
{
  public:
    explicit Writer(uint64_t n) : n_(n)
    {
        fill(&item_);
        next();
    }
    void OnWriteDone(bool ok) override
    {
        item_.set_id(item_.id() + 1);
        if (ok)
            next();
        else
            Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override
    {
        delete this;
    }

  private:
    void next()
    {
        if (item_.id() < n_)
            StartWrite(&item_);
        else
            Finish(grpc::Status::OK);
    }
    bench::Item item_;
    uint64_t n_;
};

class Service final : public bench::LoadService::CallbackService
{
    grpc::ServerUnaryReactor *EchoItem(grpc::CallbackServerContext *context,
                                       const bench::Item *request, bench::Item *reply) override
    {
        *reply = *request;
        reply->set_id(request->id() + 1);
        auto *reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
    grpc::ServerWriteReactor<bench::Item> *
    ListItems(grpc::CallbackServerContext *, const bench::ListItemsRequest *request) override
    {
        return new Writer(request->n_items());
    }
};

int serve(const std::string &address)
{
    auto credentials = grpc::InsecureServerCredentials();
    if (!files.empty()) {
        grpc::SslServerCredentialsOptions options(
            GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
        options.pem_root_certs = files["--ca"];
        options.pem_key_cert_pairs.push_back({files["--key"], files["--cert"]});
        credentials = grpc::SslServerCredentials(options);
    }
    Service service;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, credentials);
    builder.RegisterService(&service);
    auto server = builder.BuildAndStart();
    if (!server)
        return 1;
    std::puts("READY");
    std::fflush(stdout);
    server->Wait();
    return 0;
}

std::shared_ptr<grpc::Channel> connect(const std::string &address)
{
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1); // each channel its own connection
    auto credentials = grpc::InsecureChannelCredentials();
    if (!files.empty()) {
        arguments.SetSslTargetNameOverride("localhost");
        credentials = grpc::SslCredentials({files["--ca"], files["--key"], files["--cert"]});
    }
    auto channel = grpc::CreateCustomChannel(address, credentials, arguments);
    auto deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN));
    if (channel->WaitForConnected(deadline))
        return channel;
    std::fprintf(stderr, "%s: no connection\n", address.c_str());
    std::exit(1);
}

double seconds(clockid_t clock)
{
    timespec t;
    return clock_gettime(clock, &t) == 0 ? double(t.tv_sec) + double(t.tv_nsec) / 1e9 : 0;
}

double cpu_of_both(pid_t server)
{
    clockid_t clock;
    return seconds(CLOCK_PROCESS_CPUTIME_ID) +
           (clock_getcpuclockid(server, &clock) == 0 ? seconds(clock) : 0);
}

struct Call {
    grpc::ClientContext context;
    bench::Item request, reply;
    grpc::Status status;
    double began;
    std::unique_ptr<grpc::ClientAsyncResponseReader<bench::Item>> reader;
};

// Latencies in microseconds, of as many calls.
std::vector<uint32_t> run_calls(bench::LoadService::Stub *stub, uint64_t outstanding, uint64_t n)
{
    std::vector<uint32_t> latencies;
    latencies.reserve(n);
    grpc::CompletionQueue queue;
    uint64_t issued = 0;
    auto issue = [&] {
        auto *call = new Call;
        call->began = seconds(CLOCK_MONOTONIC);
        fill(&call->request);
        call->request.set_id(issued++);
        call->reader = stub->AsyncEchoItem(&call->context, call->request, &queue);
        call->reader->Finish(&call->reply, &call->status, call);
    };
    while (issued < std::min(outstanding, n))
        issue();
    void *tag;
    bool ok;
    while (latencies.size() < n && queue.Next(&tag, &ok)) {
        auto *call = static_cast<Call *>(tag);
        if (!call->status.ok() || call->reply.id() != call->request.id() + 1) {
            std::fprintf(stderr, "%s\n", call->status.error_message().c_str());
            std::exit(1);
        }
        latencies.push_back(uint32_t((seconds(CLOCK_MONOTONIC) - call->began) * 1e6));
        delete call;
        if (issued < n)
            issue();
    }
    return latencies;
}

int echo(const std::string &address, uint64_t outstanding, uint64_t n, pid_t server)
{
    auto stub = bench::LoadService::NewStub(connect(address));
    run_calls(stub.get(), outstanding, n / 10 + 1);
    double cpu = cpu_of_both(server), began = seconds(CLOCK_MONOTONIC);
    auto latencies = run_calls(stub.get(), outstanding, n);
    double wall = seconds(CLOCK_MONOTONIC) - began;
    cpu = cpu_of_both(server) - cpu;
    std::sort(latencies.begin(), latencies.end());
    std::printf("{\"cps\":%.0f,\"p50us\":%u,\"p99us\":%u,\"cpu_per100k\":%.2f}\n", double(n) / wall,
                latencies[n / 2], latencies[size_t(double(n) * 0.99)], cpu / double(n) * 1e5);
    return 0;
}

void list(bench::LoadService::Stub *stub, uint64_t n)
{
    grpc::ClientContext context;
    bench::ListItemsRequest request;
    bench::Item item;
    request.set_n_items(n);
    auto reader = stub->ListItems(&context, request);
    uint64_t got = 0;
    while (reader->Read(&item) && item.id() == got)
        got++;
    if (!reader->Finish().ok() || got != n) {
        std::fprintf(stderr, "the stream ended after %llu messages\n", (unsigned long long)got);
        std::exit(1);
    }
}

int stream(const std::string &address, uint64_t n, pid_t server)
{
    auto stub = bench::LoadService::NewStub(connect(address));
    list(stub.get(), n / 10);
    double cpu = cpu_of_both(server), began = seconds(CLOCK_MONOTONIC);
    list(stub.get(), n);
    double wall = seconds(CLOCK_MONOTONIC) - began;
    cpu = cpu_of_both(server) - cpu;
    std::printf("{\"cps\":%.0f,\"cpu_per100k\":%.2f}\n", double(n) / wall, cpu / double(n) * 1e5);
    return 0;
}

int idle(const std::string &address, uint64_t n)
{
    std::vector<std::shared_ptr<grpc::Channel>> channels;
    while (channels.size() < n) {
        channels.push_back(connect(address));
        run_calls(bench::LoadService::NewStub(channels.back()).get(), 1, 1);
    }
    std::puts("READY");
    std::fflush(stdout);
    while (std::cin.get() != EOF)
        ;
    return 0;
}

std::string contents(const char *path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void allow_many_sockets()
{
    rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

} // namespace

int main(int argc, char **argv)
{
    std::vector<std::string> words;
    for (int i = 1; i < argc; i++)
        if (std::string(argv[i]).rfind("--", 0) == 0 && i + 1 < argc) {
            files[argv[i]] = contents(argv[i + 1]);
            i++;
        } else {
            words.push_back(argv[i]);
        }
    auto number = [&](size_t i) { return std::stoull(words[i]); };
    allow_many_sockets();
    int code = 2;
    if (words.size() == 2 && words[0] == "serve")
        code = serve(words[1]);
    else if (words.size() == 5 && words[0] == "echo")
        code = echo(words[1], number(2), number(3), pid_t(number(4)));
    else if (words.size() == 4 && words[0] == "stream")
        code = stream(words[1], number(2), pid_t(number(3)));
    else if (words.size() == 3 && words[0] == "idle")
        code = idle(words[1], number(2));
    std::fflush(stdout);
    std::_Exit(code);
}
