using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using Dapr.Client;
using Dapr.Workflow;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Benchmarks.Dapr;

/// <summary>The sidecar as a process, with an app beside it, measured by plain loops; each figure stands next to an echo's of the same run.</summary>
internal sealed class DaprBench : IDisposable
{
    private const int StateKeys = 1000, Actors = 1000, Singles = 20_000, Batches = 200, BatchSize = 500, WorkflowsAtOnce = 16;
    public static int BodyBytes => Body.Length;

    private static readonly byte[] Body = Encoding.UTF8.GetBytes($$"""{"text":"{{new string('x', 80)}}","number":1}""");

    private static readonly string Resources = string.Join("\n---\n", new[]
    {
        Component("pubsub", "pubsub.in-memory"), Component("memory", "state.in-memory"),
        Component("sqlite", "state.sqlite", ("connectionString", "state.db"), ("actorStateStore", "true")),
    });

    /// <summary>As it is shipped: compiled ahead of time.</summary>
    private static readonly string Sidecar = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "..", "publish", "SkyDriver.Sidecar", $"release_{RuntimeInformation.RuntimeIdentifier}", "skydriver-sidecar"));

    private readonly string _folder = Directory.CreateTempSubdirectory("dapr-bench-").FullName;
    private readonly Load _load;
    private readonly DaprReport _report = new();
    private readonly HttpClient _http = Client();

    private DaprBench(Load load) => _load = load;

    /// <param name="arguments">Milliseconds of a round, 600 when not given; and where the table goes, bench/results/dapr.md when not given.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (!File.Exists(Sidecar))
        {
            await Console.Error.WriteLineAsync($"{Sidecar} is not there; run: dotnet publish apps/SkyDriver.Sidecar -r linux-x64 --no-self-contained");
            return 1;
        }

        int round = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 600;
        using DaprBench bench = new(new Load(TimeSpan.FromMilliseconds(round)));
        long began = Stopwatch.GetTimestamp();
        await bench.MeasureAsync();
        string text = bench._report.Write(Stopwatch.GetElapsedTime(began));
        Console.WriteLine(text);
        string file = arguments.Length > 1 ? arguments[1] : Path.Combine("bench", "results", "dapr.md");
        if (Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)))) await File.WriteAllTextAsync(file, text);
        return 0;
    }

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static HttpClient Client() => new(new SocketsHttpHandler { MaxConnectionsPerServer = Load.Workers });

    private static string Component(string name, string type, params (string Name, string Value)[] metadata) => $"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {"{"} name: {name} {"}"}
        spec: {"{"} type: {type}, version: v1, metadata: [{string.Join(", ", metadata.Select(m => $"{{ name: {m.Name}, value: \"{m.Value}\" }}"))}] {"}"}
        """;

    private async Task MeasureAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "components.yaml"), Resources);
        await MeasureStartsAsync();
        (int echo1, int echo2) = (FreePort.Take(), FreePort.Take());
        using (ServerProcess echo = await StartEchoAsync(echo1, echo2)) await MeasureEchoAsync(new($"http://127.0.0.1:{echo1}/echo"), new($"http://127.0.0.1:{echo2}/echo"));
        (int appPort, int httpPort, int grpcPort) = (FreePort.Take(), FreePort.Take(), FreePort.Take());
        string httpEndpoint = $"http://127.0.0.1:{httpPort}", grpcEndpoint = $"http://127.0.0.1:{grpcPort}";
        await using BenchApp app = await BenchApp.StartAsync(appPort, grpcEndpoint);
        using ServerProcess sidecar = await ServerProcess.StartAsync(Sidecar, _folder, new($"{httpEndpoint}/v1.0/healthz"), SidecarArguments(httpPort, grpcPort, "--app-port", $"{appPort}"));
        using DaprClient client = new DaprClientBuilder().UseHttpEndpoint(httpEndpoint).UseGrpcEndpoint(grpcEndpoint).Build();
        _http.BaseAddress = new Uri(httpEndpoint + "/v1.0/");
        await MeasurePublishAsync(client, app);
        await MeasureStateAsync(client);
        await MeasureActorsAsync();
        await MeasureWorkflowsAsync(app.Workflows);
        _report.Loaded(sidecar.WorkingSet);
    }

    private string[] SidecarArguments(int http, int grpc, params string[] more) =>
        ["--app-id", "bench", "--dapr-http-port", $"{http}", "--dapr-grpc-port", $"{grpc}", "--resources-path", _folder, .. more];

    private async Task MeasureStartsAsync()
    {
        List<(TimeSpan Startup, long Memory)> sidecars = [], echoes = [];
        for (int i = 0; i < 5; i++)
        {
            int port = FreePort.Take();
            using (ServerProcess sidecar = await ServerProcess.StartAsync(Sidecar, _folder, new($"http://127.0.0.1:{port}/v1.0/healthz/outbound"), SidecarArguments(port, FreePort.Take()))) sidecars.Add(await RestAsync(sidecar));
            using (ServerProcess echo = await StartEchoAsync(port, FreePort.Take())) echoes.Add(await RestAsync(echo));
        }

        _report.Start(Load.Middle(sidecars.Select(s => s.Startup)), Load.Middle(echoes.Select(e => e.Startup)), Load.Middle(sidecars.Select(s => s.Memory)), Load.Middle(echoes.Select(e => e.Memory)));

        static async Task<(TimeSpan, long)> RestAsync(ServerProcess server)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            return (server.Startup, server.WorkingSet);
        }
    }

    private Task<ServerProcess> StartEchoAsync(int port1, int port2) => ServerProcess.StartAsync("SkyDriver.Benchmarks", _folder, new($"http://127.0.0.1:{port1}/"), "echo", $"{port1}", $"{port2}");

    private async Task MeasureEchoAsync(Uri http1, Uri http2)
    {
        using HttpClient first = Client(), second = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true }) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        _report.Echo(
            await _load.MeasureAsync(_ => SendAsync(first, HttpMethod.Post, http1.ToString(), Body)),
            await _load.MeasureAsync(_ => SendAsync(second, HttpMethod.Post, http2.ToString(), Body)));
    }

    private async Task MeasurePublishAsync(DaprClient client, BenchApp app)
    {
        _report.Call("publish", Protocol.Http, await _load.MeasureAsync(_ => SendAsync(HttpMethod.Post, "publish/pubsub/unheard", Body)), "one request, one envelope, the lock of a topic");
        _report.Call("publish", Protocol.Grpc, await _load.MeasureAsync(_ => client.PublishByteEventAsync("pubsub", "unheard", Body)), "as above, and the protobuf of both sides");
        _report.Call("publish → delivered", Protocol.Http, await _load.MeasureAsync(async call =>
        {
            string text = $"{call}";
            Task arrival = app.ArrivalAsync(text);
            await SendAsync(HttpMethod.Post, "publish/pubsub/single", Encoding.UTF8.GetBytes($$"""{"text":"{{text}}"}"""));
            await arrival;
        }), "two requests one after the other: to the sidecar, to the app");
        double one = await Load.RateAsync(Singles, async () =>
        {
            long goal = app.Delivered + Singles;
            await Task.WhenAll(Enumerable.Range(0, Load.Workers).Select(worker => Task.Run(async () =>
            {
                for (int i = worker; i < Singles; i += Load.Workers) await SendAsync(HttpMethod.Post, "publish/pubsub/single", Body);
            })));
            await app.UntilDeliveredAsync(goal);
        });
        _report.Messages("delivered one by one", one, "a request to the sidecar and one to the app for each message, both sides on the same cores");
        byte[] batch = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, BatchSize).Select(i => $$"""{"entryId":"{{i}}","event":{{Encoding.UTF8.GetString(Body)}},"contentType":"application/json"}"""))}]");
        double bulk = await Load.RateAsync(Batches * BatchSize, async () =>
        {
            long goal = app.Delivered + (Batches * BatchSize);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                for (int i = 0; i < Batches / 4; i++) await SendAsync(HttpMethod.Post, "publish/bulk/pubsub/many", batch);
            })));
            await app.UntilDeliveredAsync(goal);
        });
        _report.Messages($"delivered in bulk ({BatchSize} a request, up to 1000 a delivery)", bulk, "JSON: each message is read and written in a batch twice");
    }

    private async Task MeasureStateAsync(DaprClient client)
    {
        foreach (string store in (string[])["memory", "sqlite"])
        {
            string how = store is "memory" ? "" : ", one sync of the disk for all that wait";
            byte[] item(int call) => Encoding.UTF8.GetBytes($$"""[{"key":"k{{call % StateKeys}}","value":{{Encoding.UTF8.GetString(Body)}}}]""");
            _report.Call($"state set, {store}", Protocol.Http, await _load.MeasureAsync(call => SendAsync(HttpMethod.Post, $"state/{store}", item(call))), "one request" + how);
            _report.Call($"state set, {store}", Protocol.Grpc, await _load.MeasureAsync(call => client.SaveByteStateAsync(store, $"k{call % StateKeys}", Body)), "one request" + how);
            string read = store is "memory" ? "one request" : "one request, a read of the page cache";
            _report.Call($"state get, {store}", Protocol.Http, await _load.MeasureAsync(call => SendAsync(HttpMethod.Get, $"state/{store}/k{call % StateKeys}", null)), read);
            _report.Call($"state get, {store}", Protocol.Grpc, await _load.MeasureAsync(call => client.GetByteStateAsync(store, $"k{call % StateKeys}")), read);
        }
    }

    private async Task MeasureActorsAsync()
    {
        _report.Call("actor call, same actor", Protocol.Http, await _load.MeasureAsync(_ => SendAsync(HttpMethod.Put, "actors/Bench/one/method/echo", Body)), "two requests; turns of one actor wait for each other");
        _report.Call($"actor call, {Actors} actors", Protocol.Http, await _load.MeasureAsync(call => SendAsync(HttpMethod.Put, $"actors/Bench/a{call % Actors}/method/echo", Body)), "two requests");
    }

    private async Task MeasureWorkflowsAsync(DaprWorkflowClient workflows)
    {
        string run = Guid.NewGuid().ToString("N")[..8];
        Figures figures = await _load.MeasureAsync(async call =>
        {
            string id = await workflows.ScheduleNewWorkflowAsync("chain", $"{run}-{call}", 1);
            WorkflowState end = await workflows.WaitForWorkflowCompletionAsync(id);
            if (end.ReadOutputAs<int>() != 6) throw new InvalidOperationException($"Workflow {id} ended with {end.RuntimeStatus}.");
        }, WorkflowsAtOnce);
        _report.Workflow($"workflow, 5 chained activities, SQLite ({WorkflowsAtOnce} at once)", figures, "7 durable writes one after the other, 12 messages to the worker and back");
    }

    private Task SendAsync(HttpMethod method, string path, byte[]? body) => SendAsync(_http, method, path, body);

    private static async Task SendAsync(HttpClient http, HttpMethod method, string path, byte[]? body)
    {
        using HttpRequestMessage request = new(method, path) { Version = http.DefaultRequestVersion, VersionPolicy = http.DefaultVersionPolicy };
        if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using HttpResponseMessage answer = await http.SendAsync(request);
        if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        await answer.Content.CopyToAsync(Stream.Null);
    }
}
