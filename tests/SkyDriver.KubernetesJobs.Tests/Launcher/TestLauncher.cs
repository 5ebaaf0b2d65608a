using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Components;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.KubernetesJobs.Tests.Launcher;

/// <summary>The binding within the test, on a cluster of the test's own.</summary>
internal sealed class TestLauncher : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kube-");
    private readonly LauncherBinding _binding = new("workers-kubernetes", TimeProvider.System, NullLogger<JobLauncher>.Instance);

    private TestLauncher(FakeCluster cluster) => Cluster = cluster;

    public FakeCluster Cluster { get; }

    public Dictionary<string, string> Metadata { get; private set; } = [];

    public static async Task<TestLauncher> StartAsync(FakeCluster? cluster = null, params (string Name, string Value)[] metadata)
    {
        TestLauncher launcher = new(cluster ?? await FakeCluster.StartAsync());
        launcher.Metadata = new()
        {
            ["kubeconfig"] = Kubeconfig(launcher._folder.FullName, launcher.Cluster.Address),
            ["image"] = "ghcr.io/icecube/worker:v1",
            ["requestTimeout"] = "10s",
        };
        foreach ((string name, string value) in metadata) launcher.Metadata[name] = value;
        await launcher.InitAsync();
        return launcher;
    }

    /// <summary>Writes a file with one context, <c>here</c>, and the token that the double takes.</summary>
    public static string Kubeconfig(string folder, Uri server, string inNamespace = "scans")
    {
        string path = Path.Combine(folder, "kubeconfig.yaml");
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            current-context: here
            contexts: [{ name: here, context: { cluster: double, user: launcher, namespace: {{inNamespace}} } }]
            clusters: [{ name: double, cluster: { server: "{{server}}" } }]
            users: [{ name: launcher, user: { token: good-token } }]
            """);
        return path;
    }

    public Task InitAsync() => _binding.InitAsync(Metadata, CancellationToken.None);

    public async Task<JsonElement> InvokeAsync(string operation, string data = "")
    {
        BindingResponse response = await _binding.InvokeAsync(new(operation, Encoding.UTF8.GetBytes(data), new Dictionary<string, string>()), CancellationToken.None);
        using JsonDocument document = JsonDocument.Parse(response.Data);
        return document.RootElement.Clone();
    }

    public async Task<(string[] Ids, string? Denied)> DeployAsync(int count, string scan = "scan1", string key = "start", string more = "")
    {
        JsonElement answer = await InvokeAsync("deploy", $$"""{"scan_id": "{{scan}}", "count": {{count}}, "idempotency_key": "{{key}}"{{more}}}""");
        JsonElement denied = answer.GetProperty("denied");
        return ([.. answer.GetProperty("workers").EnumerateArray().Select(w => w.GetString()!)], denied.ValueKind is JsonValueKind.Null ? null : $"{denied.GetProperty("kind")}: {denied.GetProperty("message")}");
    }

    public async Task<JsonElement[]> ListAsync(string data = "") => [.. (await InvokeAsync("list", data)).GetProperty("workers").EnumerateArray()];

    /// <summary>States of all workers, in order.</summary>
    public async Task<string> StatesAsync() => string.Join(' ', (await ListAsync()).Select(w => w.GetProperty("state").GetString()));

    public async Task<int> RemoveAsync(string data) => (await InvokeAsync("remove", data)).GetProperty("removed").GetInt32();

    public Task SeesAsync(string states) => Until.HoldsAsync(async () => await StatesAsync() == states, $"the workers are: {states}");

    public async ValueTask DisposeAsync()
    {
        await _binding.DisposeAsync();
        await Cluster.DisposeAsync();
        _folder.Delete(recursive: true);
        // Whatever a test was about: nothing may go out that a real server would not take.
        Assert.Empty(Cluster.Complaints);
    }
}
