using System.Globalization;
using System.Net.Http.Json;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Sidecar.Tests.Run;

/// <summary>Real processes: what survives a kill, and that nothing is left behind.</summary>
public sealed class ProcessTests : IDisposable
{
    private const string Store = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: store }
        spec: { type: state.sqlite, version: v1, metadata: [{ name: connectionString, value: state.db }] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("process-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Sidecar_KilledWhileWriting_HasEveryAcknowledgedWrite()
    {
        Write("store.yaml", Store);
        int acknowledged = 0;
        using (SidecarProcess sidecar = StartSidecar(out HttpClient http))
        {
            using (http)
            {
                await SidecarProcess.UntilAsync(() => SidecarProcess.IsHealthyAsync(http));
                TaskCompletionSource enough = new();
                Task writing = Task.WhenAll(Enumerable.Range(0, 8).Select(writer => WriteUntilItEndsAsync(http, writer, enough)));
                await enough.Task;
                sidecar.KillAtOnce();
                await writing;
            }
        }

        using SidecarProcess again = StartSidecar(out HttpClient reader);
        using (reader)
        {
            await SidecarProcess.UntilAsync(() => SidecarProcess.IsHealthyAsync(reader));
            string[] counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => reader.GetStringAsync($"/v1.0/state/store/w{writer}")));
            for (int writer = 0; writer < 8; writer++) Assert.True(int.Parse(counts[writer], CultureInfo.InvariantCulture) >= _last[writer], $"writer {writer}");
        }

        again.AskToStop();
        Assert.Equal(0, await again.ExitAsync());

        async Task WriteUntilItEndsAsync(HttpClient http, int writer, TaskCompletionSource enough)
        {
            try
            {
                for (int i = 1; ; i++)
                {
                    (await http.PostAsJsonAsync("/v1.0/state/store", new[] { new { key = $"w{writer}", value = i } })).EnsureSuccessStatusCode();
                    _last[writer] = i;
                    if (Interlocked.Increment(ref acknowledged) == 200) enough.SetResult();
                }
            }
            catch (HttpRequestException)
            {
                // Killed.
            }
        }
    }

    [Fact]
    public async Task Sidecar_WrongResources_EndsWithAllReasons()
    {
        Write("a.yaml", Store.Replace("state.sqlite", "state.unheard-of", StringComparison.Ordinal));
        Write("b.yaml", Store.Replace("{ name: store }", "{ }", StringComparison.Ordinal));
        using SidecarProcess sidecar = SidecarProcess.Start(_folder, "--app-id", "a", "--dapr-http-port", "0", "--dapr-grpc-port", "0", "--resources-path", _folder);
        Assert.Equal(2, await sidecar.ExitAsync());
        Assert.Contains("metadata.name", await sidecar.Errors);
    }

    [Fact]
    public async Task Run_AppsAndAJoinedOne_AreAllGoneAfterAStop()
    {
        string noted = Path.Combine(_folder, "noted");
        string join = $"dotnet {Path.Combine(AppContext.BaseDirectory, "skydriver-sidecar.dll")} run --app-id joined -- sh -c 'echo $$ > {noted}.joined.tmp; mv {noted}.joined.tmp {noted}.joined; exec tail -f /dev/null'";
        Write("dapr.yaml", $$"""
            version: 1
            apps:
              - { appID: host, appDirPath: ., command: [sh, -c, "echo $$ > {{noted}}.host; exec {{join}}"] }
            """);
        using SidecarProcess run = SidecarProcess.Start(_folder, "run", "-f", "dapr.yaml");
        await SidecarProcess.UntilAsync(() => Task.FromResult(File.Exists(noted + ".joined")));
        int host = Number(noted + ".host"), joined = Number(noted + ".joined");
        Assert.True(SidecarProcess.IsAlive(host) && SidecarProcess.IsAlive(joined));
        run.AskToStop();
        Assert.Equal(0, await run.ExitAsync());
        Assert.False(Directory.Exists($"/proc/{host}") || Directory.Exists($"/proc/{joined}"), "a process is left");
    }

    [Fact]
    public async Task Run_OneApp_GivesItsExitCode()
    {
        using SidecarProcess run = SidecarProcess.Start(_folder, "run", "--app-id", "a", "--", "sh", "-c", "test -n \"$DAPR_HTTP_PORT\" && exit 7");
        Assert.Equal(7, await run.ExitAsync());
    }

    private readonly int[] _last = new int[8];

    private static int Number(string file) => int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);

    private SidecarProcess StartSidecar(out HttpClient http)
    {
        int port = FreePort.Take();
        http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        return SidecarProcess.Start(_folder, "--app-id", "a", "--dapr-http-port", port.ToString(CultureInfo.InvariantCulture), "--dapr-grpc-port", "0", "--resources-path", _folder);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
