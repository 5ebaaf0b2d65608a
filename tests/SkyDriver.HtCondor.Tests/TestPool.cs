using System.Text.Json;
using HtCondor.Double;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.HtCondor.Settings;

namespace SkyDriver.HtCondor.Tests;

/// <summary>A pool of its own for one test: doubles of the tools in a folder, and a launcher that uses them.</summary>
internal sealed class TestPool : IDisposable
{
    public const string Place = "sub-2";

    private readonly List<Launcher> _launchers = [];
    private readonly List<ToolFolder> _tools = [];

    public TestPool(string user = "skydriver")
    {
        Folder = Directory.CreateTempSubdirectory("condor-").FullName;
        Pool = AddPool("pool", user);
    }

    public string Folder { get; }

    public string Tools => Path.Combine(Folder, "bin");

    public string State => Path.Combine(Folder, "state");

    public Pool Pool { get; }

    /// <summary>A pool whose tools are in a folder of its own; the first one's are in <see cref="Tools"/>.</summary>
    public Pool AddPool(string name, string user = "skydriver")
    {
        Pool pool = Pool.Create(Path.Combine(Folder, name), user);
        _tools.Add(new(pool, name == "pool" ? Tools : Path.Combine(pool.Folder, "bin")));
        return pool;
    }

    public Dictionary<string, string> Metadata(params (string Name, string Value)[] more)
    {
        Dictionary<string, string> metadata = new()
        {
            ["instance"] = "test",
            ["command"] = """["worker", "--slow"]""",
            ["places"] = """{"sub-2": {"owner": "skydriver"}}""",
            ["toolsFolder"] = Tools,
            ["stateFolder"] = State,
            ["settleTime"] = "0",
        };
        foreach ((string name, string value) in more) metadata[name] = value;
        return metadata;
    }

    public Launcher Launch(params (string Name, string Value)[] more)
    {
        Launcher launcher = new(SettingsReader.Read(Metadata(more)), TimeProvider.System, NullLogger.Instance);
        _launchers.Add(launcher);
        return launcher;
    }

    public void Dispose()
    {
        foreach (Launcher launcher in _launchers) launcher.Dispose();
        foreach (ToolFolder tools in _tools) tools.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(Folder, recursive: true);
    }
}

internal static class LauncherCalls
{
    public static async Task<JsonElement> InvokeAsync(this Launcher launcher, string operation, object data)
    {
        byte[] answer = await new LauncherOperations(launcher).InvokeAsync(operation, data as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(data), CancellationToken.None);
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.Clone();
    }

    public static Task<JsonElement> DeployAsync(this Launcher launcher, string scan, int count, string key, string? place = null, Dictionary<string, string>? env = null, object? resources = null) =>
        launcher.InvokeAsync("deploy", new { scan_id = scan, count, idempotency_key = key, place, env = env ?? [], resources });

    public static async Task<JsonElement[]> ListAsync(this Launcher launcher, string? scan = null) =>
        [.. (await launcher.InvokeAsync("list", new { scan_id = scan })).GetProperty("workers").EnumerateArray()];

    public static async Task<int> RemoveAsync(this Launcher launcher, object request) => (await launcher.InvokeAsync("remove", request)).GetProperty("removed").GetInt32();

    public static string[] Workers(this JsonElement answer) => [.. answer.GetProperty("workers").EnumerateArray().Select(w => w.ValueKind == JsonValueKind.String ? w.GetString()! : w.GetProperty("id").GetString()!)];

    public static string? Text(this JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
