using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Run;
using SkyDriver.Sidecar.Tests.Actors;
using SkyDriver.Sidecar.Tests.Run;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Durability;

/// <summary>A sidecar process that is killed again and again, over one SQLite file, with workflows, actors and reminders at work.</summary>
public sealed class KillTests : IDisposable
{
    private const int Kills = 5;
    private const int Actors = 3;
    private const string Store = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: store }
        spec:
          type: state.sqlite
          version: v1
          metadata: [{ name: connectionString, value: state.db }, { name: actorStateStore, value: "true" }]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("kill-test-").FullName;
    private readonly int _httpPort = FreePort.Take();
    private readonly int _grpcPort = FreePort.Take();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Sidecar_KilledAtAnyMoment_KeepsEveryPromise()
    {
        File.WriteAllText(Path.Combine(_folder, "store.yaml"), Store);
        Random dice = new(20_260_115);
        await using var app = await TestApp.StartAsync();
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{_httpPort}"), Timeout = TimeSpan.FromSeconds(20) };
        Promises promises = new(http, $"http://127.0.0.1:{_grpcPort}");
        app.Handler = (context, request) => promises.ServeAsync(context, request);
        for (int round = 0; round < Kills; round++)
        {
            using SidecarProcess sidecar = Start(app);
            await SidecarProcess.UntilAsync(() => SidecarProcess.IsHealthyAsync(http));
            await using TestWorker worker = promises.NewWorker();
            int enough = app.Requests.Count + dice.Next(10, 80);
            Task driving = promises.DriveAsync(round);
            await SidecarProcess.UntilAsync(() => Task.FromResult(app.Requests.Count + worker.Items.Count >= enough));
            sidecar.KillAtOnce();
            await driving;
        }

        using SidecarProcess last = Start(app);
        await SidecarProcess.UntilAsync(() => SidecarProcess.IsHealthyAsync(http));
        await using TestWorker finisher = promises.NewWorker();
        await promises.AssertKeptAsync();
        last.AskToStop();
        Assert.Equal(0, await last.ExitAsync());
    }

    private SidecarProcess Start(TestApp app) => SidecarProcess.Start(
        _folder, "--app-id", "app", "--app-port", app.Address.Port.ToString(CultureInfo.InvariantCulture), "--dapr-http-port", Text(_httpPort), "--dapr-grpc-port", Text(_grpcPort), "--resources-path", _folder);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What was asked of the sidecar, and which of it the sidecar has said yes to.</summary>
    private sealed class Promises(HttpClient http, string grpcAddress)
    {
        private readonly HashSet<string> _started = [];
        private readonly HashSet<string> _raised = [];
        private readonly HashSet<string> _reminders = [];
        private readonly HashSet<string> _fired = [];
        private readonly int[] _written = new int[Actors];
        private readonly int[] _tried = new int[Actors];

        public TestWorker NewWorker() => new(grpcAddress, Journey.Run, Journey.Work);

        /// <summary>Asks for more and more, until the sidecar is gone.</summary>
        public Task DriveAsync(int round) => Task.WhenAll([StartWorkflowsAsync(round), RemindAsync(round), .. Enumerable.Range(0, Actors).Select(WriteAsync)]);

        /// <summary>The app's side: an actor that stores what it is told, and notes the reminders that reach it.</summary>
        public async Task ServeAsync(HttpContext context, Received request)
        {
            string[] path = request.Path.Split('/');
            if (path[^2] == "remind")
            {
                lock (_fired) _fired.Add($"{path[^4]}/{path[^1]}");
                return;
            }

            if (request.Verb == "DELETE" || path[^1] == "wake") return;
            string body = $$$"""[{"operation":"upsert","request":{"key":"n","value":{{{request.Body}}}}},{"operation":"upsert","request":{"key":"twin","value":{{{request.Body}}}}}]""";
            using var saved = await http.PostAsync($"/v1.0/actors/Counter/{path[^3]}/state", Json(body));
            context.Response.StatusCode = saved.IsSuccessStatusCode ? 200 : 500;
        }

        public async Task AssertKeptAsync()
        {
            using var hub = new GrpcHub(grpcAddress);
            foreach (string id in _started)
            {
                if (!_raised.Contains(id)) await hub.RaiseAsync(id);
            }

            foreach (string id in _started)
            {
                var end = await hub.EndAsync(id);
                Assert.Equal((WorkflowStatus.Completed, Journey.Result(id, "x")), (end.Status, end.Output));
                Journey.AssertCountedOnce(await hub.HistoryAsync(id));
                Journey.AssertCountedOnce(await hub.HistoryAsync(id + "-kid"));
            }

            await SidecarProcess.UntilAsync(() =>
            {
                lock (_fired) return Task.FromResult(_reminders.IsSubsetOf(_fired));
            });
            for (int actor = 0; actor < Actors; actor++)
            {
                await http.PutAsync($"/v1.0/actors/Counter/a{actor}/method/wake", null);
                string n = await http.GetStringAsync($"/v1.0/actors/Counter/a{actor}/state/n");
                Assert.Equal(n, await http.GetStringAsync($"/v1.0/actors/Counter/a{actor}/state/twin"));
                Assert.InRange(int.Parse(n, CultureInfo.InvariantCulture), _written[actor], _tried[actor]);
            }

            Assert.True(_started.Count >= Kills && _reminders.Count >= Kills && _written.All(n => n > 0), $"too little was asked: {_started.Count} workflows, {_reminders.Count} reminders");
        }

        private Task StartWorkflowsAsync(int round) => UntilGoneAsync(async () =>
        {
            using var hub = new GrpcHub(grpcAddress);
            for (int i = 0; i < 4; i++)
            {
                string id = $"w{round}-{i}";
                await hub.StartAsync(id);
                _started.Add(id);
            }

            foreach (string id in _started.Except(_raised).ToArray())
            {
                await hub.RaiseAsync(id);
                _raised.Add(id);
            }
        });

        private Task RemindAsync(int round) => UntilGoneAsync(async () =>
        {
            for (int i = 0; i < 8; i++)
            {
                string actor = $"a{i % Actors}", name = $"r{round}-{i}";
                string due = i % 2 == 0 ? "0s" : "400ms";
                (await http.PostAsync($"/v1.0/actors/Counter/{actor}/reminders/{name}", Json($$"""{"dueTime":"{{due}}"}"""))).EnsureSuccessStatusCode();
                _reminders.Add($"{actor}/{name}");
            }
        });

        private Task WriteAsync(int actor) => UntilGoneAsync(async () =>
        {
            while (true)
            {
                int value = ++_tried[actor];
                (await http.PutAsync($"/v1.0/actors/Counter/a{actor}/method/set", Json(value.ToString(CultureInfo.InvariantCulture)))).EnsureSuccessStatusCode();
                _written[actor] = value;
            }
        });

        private static async Task UntilGoneAsync(Func<Task> ask)
        {
            try
            {
                await ask();
            }
            catch (Exception e) when (e is HttpRequestException or global::Grpc.Core.RpcException or TaskCanceledException)
            {
                // Killed.
            }
        }

        private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
    }
}
