using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.Integration.Tests;

/// <summary>A cluster whose API is a double and whose pods are real processes; its launcher; and component YAML that names it.</summary>
internal sealed partial class PodCluster : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly string _folder;
    private readonly FakeCluster _cluster;
    private readonly string[] _command;
    private readonly LauncherProgram _launcher;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, (Process Process, int Index)> _pods = [];
    private readonly Task _work;

    private PodCluster(string folder, FakeCluster cluster, string[]? command)
    {
        (_folder, _cluster) = (folder, cluster);
        _command = command ?? ["dotnet", TestPaths.Built("SkyDriver.Worker", "skydriver-worker.dll")];
        Sockets = Directory.CreateDirectory(Path.Combine(folder, "sockets")).FullName;
        Components = WriteComponents();
        _launcher = new(TestPaths.Built("SkyDriver.KubernetesJobs", "skydriver-kubernetes-jobs.dll"), Sockets, folder);
        _work = Task.Run(WorkAsync);
    }

    /// <summary>Folder of component YAML: that of one machine, with this launcher in place of the local one.</summary>
    public string Components { get; }

    public string Sockets { get; }

    /// <summary>Jobs there are.</summary>
    public int Jobs => _cluster.With(c => c.Jobs.Length);

    public int Started { get; private set; }

    /// <summary>Processes of the pods there are.</summary>
    public IReadOnlyList<int> Processes { get; private set; } = [];

    /// <summary>What the pods ask for in memory, in the order of the Jobs' making.</summary>
    public IReadOnlyList<string> Memory => _cluster.With(c => c.Jobs.Select(j => j["spec"]!["template"]!["spec"]!["containers"]![0]!["resources"]!["requests"]!["memory"]!.GetValue<string>()).ToArray());

    /// <param name="command">What the pods run; null means workers.</param>
    public static async Task<PodCluster> StartAsync(string folder, string[]? command = null) => new(folder, await FakeCluster.StartAsync(), command);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        foreach ((Process process, _) in _pods.Values) End(process);
        await _launcher.DisposeAsync();
        await _cluster.DisposeAsync();
        _stop.Dispose();
        // Nothing may have gone out that a real server would not take.
        Assert.Empty(_cluster.Complaints);
    }

    private async Task WorkAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            JsonObject[] pods = _cluster.With(c => c.Pods.Select(p => (JsonObject)p.DeepClone()).ToArray());
            foreach (JsonObject pod in pods.Where(p => p["status"]!["phase"]!.GetValue<string>() == "Pending")) Start(pod);
            HashSet<string> there = [.. pods.Select(FakeController.Name)];
            foreach ((string name, (Process process, int index)) in _pods.ToArray())
            {
                bool isDeleted = !there.Contains(name);
                if (isDeleted) End(process);
                if (!process.HasExited) continue;
                int code = process.ExitCode;
                if (!isDeleted) _cluster.With(c => c.SetPods(code == 0 ? PodStates.Succeeded : PodStates.OutOfMemory.Replace("137", $"{code}", StringComparison.Ordinal), index));
                _pods.Remove(name);
                process.Dispose();
            }

            Processes = [.. _pods.Values.Select(p => p.Process.Id)];

            await Task.WhenAny(Task.Delay(Look, _stop.Token));
        }
    }

    private void Start(JsonObject pod)
    {
        JsonObject container = pod["spec"]!["containers"]!.AsArray().Single(c => c!["name"]!.GetValue<string>() == "worker")!.AsObject();
        string[] command = [.. container["command"]!.AsArray().Select(c => c!.GetValue<string>())];
        ProcessStartInfo start = new(command[0], command[1..]) { WorkingDirectory = _folder };
        // A node knows nothing of where the Job came from.
        foreach (string variable in start.Environment.Keys.Where(k => k.StartsWith("DAPR_", StringComparison.Ordinal) || k.StartsWith("SKYDRIVER_", StringComparison.Ordinal) || k is "APP_PORT" or "SIDECAR_HOST_SOCKET").ToArray())
            start.Environment.Remove(variable);
        int index = FakeController.Index(pod);
        foreach (JsonNode? variable in container["env"]!.AsArray())
            start.Environment[variable!["name"]!.GetValue<string>()] = variable["value"] is { } value ? Expand(value.GetValue<string>(), start) : $"{index}";
        _cluster.With(c => c.SetPods(PodStates.Running, index));
        _pods[FakeController.Name(pod)] = (Process.Start(start)!, index);
        Started++;
    }

    /// <summary>As a kubelet: variables before it stand in a value as <c>$(NAME)</c>, a doubled sign for one.</summary>
    private static string Expand(string value, ProcessStartInfo start) =>
        Reference().Replace(value, m => m.Value == "$$" ? "$" : start.Environment.TryGetValue(m.Groups[1].Value, out string? known) ? known! : m.Value);

    private static void End(Process process)
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    private string WriteComponents()
    {
        string components = Directory.CreateDirectory(Path.Combine(_folder, "components")).FullName, kubeconfig = Path.Combine(_folder, "kubeconfig.yaml");
        foreach (string file in new[] { "pubsub.yaml", "statestore.yaml" }) File.Copy(Path.Combine(TestPaths.Repository, "components", "local", file), Path.Combine(components, file));
        File.WriteAllText(kubeconfig, $$"""
            apiVersion: v1
            kind: Config
            current-context: here
            contexts: [{ name: here, context: { cluster: double, user: launcher, namespace: scans } }]
            clusters: [{ name: double, cluster: { server: "{{_cluster.Address}}" } }]
            users: [{ name: launcher, user: { token: good-token } }]
            """);
        Dictionary<string, string> metadata = new()
        {
            ["kubeconfig"] = kubeconfig,
            ["image"] = "registry.example.org/worker:v1",
            ["command"] = JsonSerializer.Serialize(_command),
            ["template"] = """{"spec": {"containers": [{"name": "worker", "env": [{"name": "SKYDRIVER_WORK", "value": "gateway"}]}]}}""",
        };
        File.WriteAllText(Path.Combine(components, "workers-kubernetes.yaml"), ComponentYaml.Binding("workers-kubernetes", "bindings.kubernetes-jobs", metadata, "skydriver-orchestrator"));
        return components;
    }

    [GeneratedRegex(@"\$\$|\$\(([A-Za-z_][A-Za-z0-9_]*)\)")]
    private static partial Regex Reference();
}
