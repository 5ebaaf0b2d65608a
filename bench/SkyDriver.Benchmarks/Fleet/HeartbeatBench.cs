using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using SkyDriver.Benchmarks.Rest;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Benchmarks.Fleet;

/// <summary>Heartbeats of many workers over the network: what they cost the REST service, the orchestrator and the sidecar, each in its own process.</summary>
internal static class HeartbeatBench
{
    private const int DeclaredAtOnce = 32;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);
    private static readonly string[] Programs = ["skydriver-api", "skydriver-orchestrator", "skydriver-sidecar"];

    /// <param name="arguments">Number of workers, 10000 when not given, and of periods, 3 when not given.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        int workers = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 10_000, periods = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 3;
        using RestService service = await RestService.StartAsync(Directory.GetCurrentDirectory());
        using HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 2000 }) { BaseAddress = service.Address, Timeout = TimeSpan.FromMinutes(2) };
        long began = Stopwatch.GetTimestamp();
        long[] ids = await DeclareAsync(http, workers);
        Console.WriteLine($"load {File.ReadAllText("/proc/loadavg").Trim()}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{workers} workers declared in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
        await BeatAsync(http, ids);    // what runs for the first time is compiled
        for (int period = 1; period <= periods; period++)
        {
            Dictionary<string, (TimeSpan Processor, long Memory)> before = Programs.ToDictionary(p => p, service.Usage);
            began = Stopwatch.GetTimestamp();
            (TimeSpan[] times, int failed) = await BeatAsync(http, ids);
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Array.Sort(times);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"period {period}: {times.Length} answered and {failed} not in {seconds:0.0} s; p50 {times[times.Length / 2].TotalMilliseconds:0} ms, p99 {times[times.Length * 99 / 100].TotalMilliseconds:0} ms, longest {times[^1].TotalMilliseconds:0} ms"));
            foreach (string program in Programs)
            {
                (TimeSpan processor, long memory) = service.Usage(program);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {program,-24} {(processor - before[program].Processor).TotalSeconds,6:0.00} s of processor, {memory / 1_000_000.0,6:0} MB"));
            }
        }

        Console.WriteLine($"load {File.ReadAllText("/proc/loadavg").Trim()}");
        return 0;
    }

    private static async Task<long[]> DeclareAsync(HttpClient http, int workers)
    {
        long[] ids = new long[workers];
        await Parallel.ForEachAsync(Enumerable.Range(0, workers), new ParallelOptions { MaxDegreeOfParallelism = DeclaredAtOnce }, async (i, stop) =>
        {
            using HttpResponseMessage answer = await http.PostAsJsonAsync("workers", new { name = $"w{i}", concurrency = 1, batch = "bench", status = FleetWorkerStatus.Running }, stop);
            ids[i] = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(stop)).GetProperty("worker_id").GetInt64();
        });
        return ids;
    }

    /// <summary>Each worker speaks once, at its own time within the period, whether or not others have been answered.</summary>
    private static async Task<(TimeSpan[] Times, int Failed)> BeatAsync(HttpClient http, long[] ids)
    {
        List<Task<TimeSpan?>> calls = new(ids.Length);
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < ids.Length; i++)
        {
            TimeSpan due = Period * i / ids.Length, left = due - Stopwatch.GetElapsedTime(began);
            if (left > TimeSpan.Zero) await Task.Delay(left);
            calls.Add(OneAsync(ids[i], due));
        }

        TimeSpan?[] all = await Task.WhenAll(calls);
        return ([.. all.OfType<TimeSpan>()], all.Count(one => one is null));

        async Task<TimeSpan?> OneAsync(long id, TimeSpan due)
        {
            var beat = new { load = "12.5 0.0", memory = 40.5, stats = "{\"load_average\":[\"0.1\",\"0.2\",\"0.3\"]}", batch = "bench", running = Array.Empty<object>(), acknowledged_signals = Array.Empty<long>() };
            using HttpResponseMessage answer = await http.PutAsJsonAsync(string.Create(CultureInfo.InvariantCulture, $"workers/{id}/heartbeat"), beat);
            return answer.IsSuccessStatusCode ? Stopwatch.GetElapsedTime(began) - due : null;
        }
    }
}
