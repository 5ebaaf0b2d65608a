using System.Text.Json;
using HtCondor.Double;

namespace SkyDriver.Integration.Tests;

/// <summary>A pool of HTCondor whose tools are doubles and whose jobs are real processes; its launcher; and component YAML that names it.</summary>
internal sealed class CondorPool : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string[] _command;
    private readonly ToolFolder _tools;
    private readonly LauncherProgram _launcher;
    private Machines? _machines;

    /// <param name="command">What the jobs run; null means workers.</param>
    public CondorPool(string folder, string[]? command = null)
    {
        _folder = folder;
        _command = command ?? ["dotnet", TestPaths.Built("SkyDriver.Worker", "skydriver-worker.dll")];
        Pool = Pool.Create(Path.Combine(folder, "pool"));
        Sockets = Directory.CreateDirectory(Path.Combine(folder, "sockets")).FullName;
        _tools = new(Pool, Path.Combine(folder, "bin"));
        Components = WriteComponents();
        _launcher = new(TestPaths.Built("SkyDriver.HtCondor", "skydriver-htcondor.dll"), Sockets, folder);
    }

    public Pool Pool { get; }

    /// <summary>Folder of component YAML: that of one machine, with this launcher in place of the local one.</summary>
    public string Components { get; }

    public string Sockets { get; }

    public int Started => _machines?.Started ?? 0;

    /// <summary>From now on jobs run.</summary>
    public void OpenMachines() => _machines = new(Pool, Path.Combine(_folder, "scratch"));

    public async ValueTask DisposeAsync()
    {
        if (_machines is not null) await _machines.DisposeAsync();
        await _launcher.DisposeAsync();
        await _tools.DisposeAsync();
    }

    private string WriteComponents()
    {
        string components = Directory.CreateDirectory(Path.Combine(_folder, "components")).FullName;
        foreach (string file in new[] { "pubsub.yaml", "statestore.yaml" }) File.Copy(Path.Combine(TestPaths.Repository, "components", "local", file), Path.Combine(components, file));
        Dictionary<string, string> metadata = new()
        {
            ["instance"] = "test",
            ["command"] = JsonSerializer.Serialize(_command),
            ["places"] = """{"sub-2": {"owner": "skydriver"}, "sub-3": {"owner": "skydriver"}}""",
            ["environment"] = """{"SKYDRIVER_WORK": "gateway"}""",
            ["toolsFolder"] = Path.Combine(_folder, "bin"),
            ["stateFolder"] = Path.Combine(_folder, "state"),
            ["settleTime"] = "0",
        };
        File.WriteAllText(Path.Combine(components, "workers-htcondor.yaml"), ComponentYaml.Binding("workers-htcondor", "bindings.htcondor", metadata, "skydriver-orchestrator"));
        return components;
    }
}
