using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SkyDriver.Integration.Tests;

/// <summary><c>skydriver up</c>, and its REST service.</summary>
internal sealed class LocalService : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly JsonNode Track = JsonNode.Parse(File.ReadAllText(Path.Combine(TestPaths.Repository, "examples", "track.json")))!;

    private readonly SkyDriverProcess _up;
    private readonly string _data;

    private LocalService(SkyDriverProcess up, string data, Uri address)
    {
        (_up, _data) = (up, data);
        Http = new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = address };
    }

    public HttpClient Http { get; }

    /// <summary>Id of the command.</summary>
    public int ProcessId => _up.Id;

    public static Task<LocalService> StartAsync(string data, params (string Name, string Value)[] environment) => StartAsync(["--data", data], environment);

    /// <param name="port">The same for one that is started again.</param>
    public static Task<LocalService> StartAsync(string data, int port) => StartAsync(["--data", data, "--port", port.ToString(CultureInfo.InvariantCulture)], []);

    /// <param name="components">Folder of component YAML.</param>
    public static Task<LocalService> StartOnAsync(string components, string data, params (string Name, string Value)[] environment) => StartOnAsync(components, data, port: 0, environment);

    /// <param name="port">Of the REST service; workers that outlive it find the next one there.</param>
    public static Task<LocalService> StartOnAsync(string components, string data, int port, params (string Name, string Value)[] environment) =>
        StartAsync(["--data", data, "--components", components, "--port", port.ToString(CultureInfo.InvariantCulture)], environment);

    private static async Task<LocalService> StartAsync(string[] options, (string Name, string Value)[] environment)
    {
        SkyDriverProcess up = SkyDriverProcess.Start(environment.Select(e => KeyValuePair.Create(e.Name, e.Value)), ["up", .. options.Contains("--port") ? options : ["--port", "0", .. options]]);
        try
        {
            return new(up, options[Array.IndexOf(options, "--data") + 1], new((await up.LineWithAsync("SkyDriver is ready at")).Split(' ')[^1] + "/"));
        }
        catch
        {
            up.Dispose();
            throw;
        }
    }

    /// <summary>Requests a scan.</summary>
    /// <param name="nsides">As <c>1:0 2:12</c>.</param>
    /// <param name="clusters">JSON.</param>
    /// <param name="ev">The event; null for the example of a track.</param>
    public async Task<string> RequestAsync(string nsides, string engine = "native", int priority = 0, string label = "", string clusters = """{"local": 1}""", string recoAlgo = "dummy", JsonNode? ev = null)
    {
        JsonObject steps = [.. nsides.Split(' ').Select(s => s.Split(':')).Select(s => KeyValuePair.Create<string, JsonNode?>(s[0], int.Parse(s[1], CultureInfo.InvariantCulture)))];
        JsonObject body = new()
        {
            ["docker_tag"] = "latest",
            ["reco_algo"] = recoAlgo,
            ["event_i3live_json"] = (ev ?? Track).DeepClone(),
            ["nsides"] = steps,
            ["real_or_simulated_event"] = "simulated",
            ["request_clusters"] = JsonNode.Parse(clusters),
            ["max_pixel_reco_time"] = 60,
            ["engine"] = engine,
            ["priority"] = priority,
            // Else the same request again would be taken for a repeat.
            ["classifiers"] = new JsonObject { ["label"] = label },
        };
        // As clients do: a busy service is asked again, and by the key it knows that it is the same request.
        string key = Guid.NewGuid().ToString("N");
        HttpResponseMessage answer = await PostAsync();
        await UntilAsync(async () => answer.StatusCode is not HttpStatusCode.ServiceUnavailable || (answer = await PostAsync()).IsSuccessStatusCode, "the service takes the request");
        return (await JsonAsync(answer)).GetProperty("scan_id").GetString()!;

        async Task<HttpResponseMessage> PostAsync()
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "scan") { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", key } } };
            try
            {
                return await Http.SendAsync(request);
            }
            catch (HttpRequestException gone) when (_up.HasExited)
            {
                throw new InvalidOperationException($"The service has ended. Errors:\n{_up.Errors}", gone);
            }
        }
    }

    public Task<JsonElement> GetAsync(string path) => JsonAsync(() => Http.GetAsync(path));

    public Task<JsonElement> StatusAsync(string scanId) => GetAsync($"scan/{scanId}/status?no_redirect=true");

    public async Task<string> StateAsync(string scanId) => (await StatusAsync(scanId)).GetProperty("scan_state").GetString()!;

    public async Task AbortAsync(string scanId) => await JsonAsync(() => Http.DeleteAsync($"scan/{scanId}?no_redirect=true"));

    /// <summary>The states that a scan is seen in, each once, until one that counts as the end.</summary>
    public async Task<List<string>> StatesUntilAsync(string scanId, Predicate<string> isEnd, List<string>? seen = null)
    {
        seen ??= [];
        await UntilAsync(async () =>
        {
            string state = await StateAsync(scanId);
            if (seen.Count == 0 || seen[^1] != state) seen.Add(state);
            return isEnd(state);
        }, $"scan {scanId} ends as it should");
        return seen;
    }

    /// <summary>Waits until the scan is complete; its workers may stay a while for another one.</summary>
    public Task UntilCompleteAsync(string scanId) => UntilAsync(
        async () => (await GetAsync($"scan/{scanId}/manifest?no_redirect=true&projection=complete")).GetProperty("complete").GetBoolean(), $"scan {scanId} is complete");

    /// <summary>The map of a scan with its final result, to the letter.</summary>
    public async Task<string> MapAsync(string scanId)
    {
        JsonElement result = await GetAsync($"scan/{scanId}/result");
        Assert.True(result.GetProperty("is_final").GetBoolean());
        return result.GetProperty("skyscan_result").GetRawText();
    }

    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        try
        {
            await Until.HoldsAsync(condition, what, Patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}. Errors:\n{_up.Errors}\nLast words of the services:\n{LastWords()}\nFleet: {await FleetAsync()}", late);
        }
    }

    private string LastWords() => string.Join('\n', File.ReadLines(Path.Combine(_data, "skydriver.log")).TakeLast(60));

    /// <summary>Workers and jobs, which decide whether a scan goes on.</summary>
    private async Task<string> FleetAsync()
    {
        try
        {
            return $"{await Http.GetStringAsync("workers")}\n{await Http.GetStringAsync("jobs")}";
        }
        catch (HttpRequestException away)
        {
            return away.Message;
        }
    }

    /// <summary>Ends the command, everything that it started, and everything that those started, at once and without a word.</summary>
    public async Task KillEverythingAsync()
    {
        HashSet<int> all = [];
        // Whoever is killed first starts nothing more; again, for what was started meanwhile.
        for (int[] family = [_up.Id, .. ProcessTable.Below(_up.Id)]; family.Length > 0; family = [.. all.SelectMany(ProcessTable.Below).Where(ProcessTable.IsRunning).Except(all)])
        {
            foreach (int process in family.Where(ProcessTable.IsRunning)) ProcessTable.TryKill(process);
            all.UnionWith(family);
        }

        Assert.True(all.Count > 5, $"only {all.Count} processes");
        await Until.HoldsAsync(() => !all.Any(ProcessTable.IsRunning), "all of them are gone");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_up.HasExited)
        {
            _up.TerminateNow();
            await _up.ExitAsync();
        }

        _up.Dispose();
    }

    private static async Task<JsonElement> JsonAsync(Func<Task<HttpResponseMessage>> call) => await JsonAsync(await call());

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            string body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode is HttpStatusCode.OK, $"{answer.RequestMessage!.RequestUri}: {(int)answer.StatusCode} {body}");
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
    }
}
