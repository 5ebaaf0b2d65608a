using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using SkyDriver.Sidecar.Run;
using SkyDriver.Sidecar.Tests.Run;

namespace SkyDriver.Sidecar.Tests.State;

/// <summary>A sidecar's process that dies again and again while it writes.</summary>
public sealed class SqliteKillTests : IDisposable
{
    private const int Writers = 6;

    private readonly string _folder = Directory.CreateTempSubdirectory("sqlite-kill-").FullName;
    private readonly ConcurrentDictionary<int, int> _acknowledged = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Kill_AtAnyMoment_LosesNoAcknowledgedWriteAndSplitsNoTransaction()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "store.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: store }
            spec: { type: state.sqlite, version: v1, metadata: [{ name: connectionString, value: state.db }] }
            """);
        foreach (int writes in (int[])[40, 1, 150])
        {
            await LiveAsync(async http =>
            {
                await CheckAsync(http);
                return await WriteUntilKilledAsync(http, writes);
            });
        }

        await LiveAsync(async http =>
        {
            await CheckAsync(http);
            return Task.CompletedTask;
        });
        Assert.Equal(Writers, _acknowledged.Count);
    }

    /// <summary>One life of the process: kills it once <paramref name="use"/> has begun what is to be cut off.</summary>
    private async Task LiveAsync(Func<HttpClient, Task<Task>> use)
    {
        int port = FreePort.Take();
        using SidecarProcess sidecar = SidecarProcess.Start(_folder, "--app-id", "app", "--dapr-http-port", $"{port}", "--dapr-grpc-port", "0", "--resources-path", _folder);
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await SidecarProcess.UntilAsync(() => SidecarProcess.IsHealthyAsync(http));
        Task cutOff = await use(http);
        sidecar.KillAtOnce();
        await cutOff;
        await sidecar.ExitAsync();
    }

    /// <returns>Completes when enough writes are acknowledged; its result, when the writers found the process gone.</returns>
    private async Task<Task> WriteUntilKilledAsync(HttpClient http, int enough)
    {
        int done = 0;
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(WriteAsync));
        await Task.WhenAny(reached.Task, writing);
        return writing;

        async Task WriteAsync(int writer)
        {
            try
            {
                for (int i = _acknowledged.GetValueOrDefault(writer) + 1; ; i++)
                {
                    object[] halves = [.. ((string[])["left", "right"]).Select(half => new { operation = "upsert", request = new { key = $"{half}{writer}", value = i } })];
                    (await http.PostAsJsonAsync("/v1.0/state/store/transaction", new { operations = halves })).EnsureSuccessStatusCode();
                    _acknowledged[writer] = i;
                    if (Interlocked.Increment(ref done) >= enough && _acknowledged.Count == Writers) reached.TrySetResult();
                }
            }
            catch (HttpRequestException)
            {
                // The kill; what was not acknowledged may be there or not, but whole.
            }
        }
    }

    private async Task CheckAsync(HttpClient http)
    {
        foreach ((int writer, int acknowledged) in _acknowledged)
        {
            int left = await ReadAsync($"left{writer}"), right = await ReadAsync($"right{writer}");
            Assert.Equal(left, right);
            Assert.True(left >= acknowledged, $"writer {writer} has {left}, but {acknowledged} was acknowledged");
            _acknowledged[writer] = left;
        }

        async Task<int> ReadAsync(string key) => int.Parse(await http.GetStringAsync($"/v1.0/state/store/{key}"), CultureInfo.InvariantCulture);
    }
}
