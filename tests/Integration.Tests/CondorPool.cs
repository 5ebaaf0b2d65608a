using System.Diagnostics;
using System.Text.Json;
using HtCondor.Double;

namespace SkyDriver.Integration.Tests;

/// <summary>A pool of HTCondor whose tools are doubles and whose jobs are real processes; its launcher; and component YAML that names it.</summary>
internal sealed class CondorPool : IAsyncDisposable
{
    private static readonly string[] ToolNames = ["condor_submit", "condor_q", "condor_history", "condor_rm", "condor_transfer_data", "condor_version"];

    private readonly string _folder;
    private readonly string[] _command;
    private readonly Process _launcher;
    private Machines? _machines;

    /// <param name="command">What the jobs run; null means workers.</param>
    public CondorPool(string folder, string[]? command = null)
    {
        _folder = folder;
        _command = command ?? ["dotnet", Built("SkyDriver.Worker", "skydriver-worker.dll")];
        Pool = new(Directory.CreateDirectory(Path.Combine(folder, "pool")).FullName);
        File.WriteAllText(Path.Combine(Pool.Folder, "user"), Pool.User);
        Sockets = Directory.CreateDirectory(Path.Combine(folder, "sockets")).FullName;
        WriteTools(Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName);
        Components = WriteComponents();
        ProcessStartInfo start = new("dotnet", [Built("SkyDriver.HtCondor", "skydriver-htcondor.dll")]) { WorkingDirectory = folder };
        start.Environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] = Sockets;
        _launcher = Process.Start(start)!;
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
        _launcher.Kill(entireProcessTree: true);
        await _launcher.WaitForExitAsync();
        _launcher.Dispose();
    }

    private void WriteTools(string folder)
    {
        foreach (string tool in ToolNames)
        {
            string path = Path.Combine(folder, tool);
            File.WriteAllText(path, $"#!/bin/sh\nDOTNET_TieredPGO=0 exec dotnet '{Path.Combine(AppContext.BaseDirectory, "HtCondor.Double.dll")}' '{Pool.Folder}' {tool} \"$@\"\n");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
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
        File.WriteAllText(Path.Combine(components, "workers-htcondor.yaml"), $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: workers-htcondor }
            spec:
              type: bindings.htcondor
              version: v1
              initTimeout: 60s
              metadata:
            {{string.Join("\n", metadata.Select(m => $"    - {{ name: {m.Key}, value: {JsonSerializer.Serialize(m.Value)} }}"))}}
            scopes: [skydriver-orchestrator]
            """);
        return components;
    }

    public static string Built(string project, string file)
    {
        string path = Path.Combine(TestPaths.Repository, "artifacts", "bin", project, "release", file);
        Assert.True(File.Exists(path), $"{path} is not built.");
        return path;
    }
}
