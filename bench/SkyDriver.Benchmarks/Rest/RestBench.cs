using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using SkyDriver.Benchmarks.Dapr;

namespace SkyDriver.Benchmarks.Rest;

/// <summary>The REST service in its own process, with sidecar, orchestrator and SQLite: what reads, launches, finds and large results cost.</summary>
internal sealed class RestBench : IDisposable
{
    private const int PerSecond = 500, Launches = 60, Finds = 200, EventBytes = 500_000, ResultBytes = 50 << 20, Results = 4;
    private static readonly TimeSpan Reading = TimeSpan.FromSeconds(10);

    private readonly RestService _service;
    private readonly StoredScans _scans;
    private readonly HttpClient _http;
    private readonly Random _random = new(1);
    private readonly StringBuilder _rows = new();
    private readonly string _loadBefore = LoadAverage();
    private int _launched;

    private RestBench(RestService service)
    {
        (_service, _scans) = (service, new(service.Store));
        _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = service.Address };
    }

    /// <param name="arguments">Where the table goes, bench/results/rest.md when not given.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        string root = Directory.GetCurrentDirectory();
        if (!File.Exists(Path.Combine(root, "artifacts", "bin", "SkyDriver.Api", "release", "skydriver-api.dll")))
        {
            await Console.Error.WriteLineAsync("Run this in the repository's folder, after: dotnet build -c Release apps/Apps.proj");
            return 1;
        }

        using RestService service = await RestService.StartAsync(root);
        using RestBench bench = new(service);
        foreach (int stored in (int[])[100, 10_000]) await bench.MeasureAsync(stored);
        string text = bench.Write(await bench.ResultsAsync());
        Console.WriteLine(text);
        await File.WriteAllTextAsync(arguments.FirstOrDefault() ?? Path.Combine("bench", "results", "rest.md"), text);
        return 0;
    }

    public void Dispose() => _http.Dispose();

    private async Task MeasureAsync(int stored)
    {
        await _scans.FillAsync(stored);
        await ReadAsync(TimeSpan.FromSeconds(2));   // what runs for the first time is compiled
        Row("GET manifest and status by turns, 500 a second", stored, await ReadAsync(Reading), "p99 < 10 ms");
        await LaunchAsync(5);
        Row("POST /scan, event of 0.5 MB, until it is durable", stored, await LaunchAsync(Launches), "p99 < 250 ms");
        Row("GET /scans by run and event", stored, await RepeatAsync(FindByEventAsync), "flat");
        Row("POST /scans/find by run and event", stored, await RepeatAsync(FindAsync), "flat");
    }

    /// <summary>Requests come at their times whether or not earlier ones were answered, and count from when they were due.</summary>
    private async Task<List<TimeSpan>> ReadAsync(TimeSpan time)
    {
        int count = (int)(time.TotalSeconds * PerSecond);
        Task<TimeSpan>[] calls = new Task<TimeSpan>[count];
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            TimeSpan due = TimeSpan.FromSeconds((double)i / PerSecond), left = due - Stopwatch.GetElapsedTime(began);
            if (left > TimeSpan.Zero) await Task.Delay(left);
            string path = $"/scan/{StoredScans.Id(_random.Next(_scans.Count))}/{(i % 2 == 0 ? "manifest" : "status")}";
            calls[i] = CallAsync(path, due);
        }

        return [.. await Task.WhenAll(calls)];

        async Task<TimeSpan> CallAsync(string path, TimeSpan due)
        {
            using HttpResponseMessage answer = (await _http.GetAsync(path)).EnsureSuccessStatusCode();
            return Stopwatch.GetElapsedTime(began) - due;
        }
    }

    private async Task<List<TimeSpan>> LaunchAsync(int count)
    {
        List<TimeSpan> times = [];
        for (int i = 0; i < count; i++)
        {
            string body = Launch();
            times.Add(await TimeAsync(async () => (await _http.PostAsync("/scan", new StringContent(body))).EnsureSuccessStatusCode().Dispose()));
        }

        return times;
    }

    private string Launch()
    {
        JsonObject track = JsonNode.Parse(File.ReadAllText(Path.Combine("examples", "track.json")))!.AsObject();
        JsonArray padding = [];
        // Numbers, as pulses are: noise would not become smaller, blanks would vanish.
        for (int bytes = 0; bytes < EventBytes; bytes += 20) padding.Add(_random.NextDouble());
        track["padding"] = padding;
        return new JsonObject
        {
            ["docker_tag"] = "latest", ["request_clusters"] = new JsonObject { ["local"] = 2 }, ["reco_algo"] = "millipede_wilks", ["event_i3live_json"] = track,
            ["nsides"] = new JsonObject { ["8"] = 0 }, ["real_or_simulated_event"] = "simulated", ["classifiers"] = new JsonObject { ["n"] = _launched++ }, ["manifest_projection"] = "scan_id",
        }.ToJsonString();
    }

    private async Task FindByEventAsync()
    {
        var (run, number) = StoredScans.EventOf(_random.Next(_scans.Count));
        JsonNode found = (await _http.GetFromJsonAsync<JsonNode>($"/scans?run_id={run}&event_id={number}&is_real_event=True"))!;
        if (found["scan_ids"]!.AsArray().Count != 1) throw new InvalidOperationException("The scan was not found.");
    }

    private async Task FindAsync()
    {
        var (run, number) = StoredScans.EventOf(_random.Next(_scans.Count));
        string body = $$"""{"filter": {"event_metadata.run_id": {{run}}, "event_metadata.event_id": {{number}} } }""";
        using HttpResponseMessage answer = (await _http.PostAsync("/scans/find", new StringContent(body))).EnsureSuccessStatusCode();
        if ((await answer.Content.ReadFromJsonAsync<JsonNode>())!["manifests"]!.AsArray().Count != 1) throw new InvalidOperationException("The scan was not found.");
    }

    private static async Task<List<TimeSpan>> RepeatAsync(Func<Task> call)
    {
        List<TimeSpan> times = [];
        for (int i = 0; i < Finds; i++) times.Add(await TimeAsync(call));
        return times;
    }

    /// <summary>Large results, one after the other, and what the process keeps of them.</summary>
    private async Task<string> ResultsAsync()
    {
        long before = _service.Memory().Now;
        string launched = await (await _http.PostAsync("/scan", new StringContent(Launch()))).Content.ReadAsStringAsync();
        string path = $"/scan/{JsonNode.Parse(launched)!["scan_id"]}/result";
        List<TimeSpan> puts = [], gets = [];
        for (int i = 0; i < Results; i++)
        {
            byte[] body = Result();
            puts.Add(await TimeAsync(async () => await PassAsync(await _http.SendAsync(new(HttpMethod.Put, path) { Content = new ByteArrayContent(body) }, HttpCompletionOption.ResponseHeadersRead))));
            gets.Add(await TimeAsync(async () => await PassAsync(await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead))));
        }

        await Task.Delay(TimeSpan.FromSeconds(5));  // until it has given back what it does not need
        var (now, peak) = _service.Memory();
        return string.Create(CultureInfo.InvariantCulture, $"""
            | A result of 50 MB, {Results} times | Value | Aim |
            |---|--:|--:|
            | PUT and its whole answer, first and median, s | {puts[0].TotalSeconds:0.0}, {Load.Middle(puts).TotalSeconds:0.0} | < 4 |
            | GET, median, s | {Load.Middle(gets).TotalSeconds:0.0} | |
            | working set before, MB | {before >> 20} | |
            | most while they passed, MB | {peak >> 20} | |
            | five seconds after, MB | {now >> 20} | < 150 |
            """);
    }

    private byte[] Result()
    {
        StringBuilder text = new("{\"is_final\": false, \"skyscan_result\": {\"nside-512\": {\"columns\": [\"index\", \"llh\", \"E_in\", \"E_tot\"], \"metadata\": {\"nside\": 512}, \"data\": [[0, 1, 2, 3]");
        for (int i = 1; text.Length < ResultBytes; i++)
            text.Append(CultureInfo.InvariantCulture, $", [{i}, {800 + 100 * _random.NextDouble():R}, {4000 * _random.NextDouble():R}, {4000 * _random.NextDouble():R}]");
        return Encoding.ASCII.GetBytes(text.Append("]}}}").ToString());
    }

    private static async Task PassAsync(HttpResponseMessage answer)
    {
        using (answer.EnsureSuccessStatusCode()) await (await answer.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null);
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> call)
    {
        long began = Stopwatch.GetTimestamp();
        await call();
        return Stopwatch.GetElapsedTime(began);
    }

    private void Row(string what, int stored, List<TimeSpan> times, string aim)
    {
        times.Sort();
        _rows.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {stored:N0} | {times.Count:N0} | {times[times.Count / 2].TotalMilliseconds:0.0} | {times[times.Count * 99 / 100].TotalMilliseconds:0.0} | {aim} | {LoadAverage()} |");
        Console.WriteLine($"{what}, {stored}: p50 {times[times.Count / 2].TotalMilliseconds:0.0} ms, p99 {times[times.Count * 99 / 100].TotalMilliseconds:0.0} ms");
    }

    private string Write(string results) => string.Create(CultureInfo.InvariantCulture, $"""
        # The REST service

        The service, its sidecar and the orchestrator as they run on one machine, on SQLite; requests come from a further process on the same
        {Environment.ProcessorCount} cores. {RuntimeInformation.FrameworkDescription}. Load of the machine before and after: {_loadBefore}, {LoadAverage()}; where it is far above the
        number of cores, the times are those of a machine that does other things.

        ```
        dotnet build -c Release apps/Apps.proj
        dotnet run -c Release --project bench/SkyDriver.Benchmarks -- rest
        ```

        | Call | Scans stored | Calls | p50, ms | p99, ms | Aim | Load |
        |---|--:|--:|--:|--:|---|--:|
        {_rows}
        Reads are counted from when they were due. Launches, finds and results come one at a time.

        {results}

        """).Replace("\r", "", StringComparison.Ordinal);

    private static string LoadAverage() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "not known";
}
