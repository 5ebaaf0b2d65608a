using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Apps.Tests.LocalWorkers;

/// <summary>The launcher as its users meet it: a process that listens on a Unix socket.</summary>
public sealed class LauncherProcess : IAsyncLifetime
{
    public const string Service = "/dapr.proto.components.v1.OutputBinding/";

    private readonly LauncherProgram _program;

    public LauncherProcess()
        : this(null)
    {
    }

    /// <param name="workersFolder">Where a launcher that is killed leaves word of its workers.</param>
    internal LauncherProcess(string? workersFolder)
    {
        Folder = Directory.CreateTempSubdirectory("skydriver-launcher-").FullName;
        // Left by a launcher that was killed; it must not be in the way.
        File.WriteAllText(Socket, "");
        _program = new(Path.Combine(AppContext.BaseDirectory, "skydriver-local-workers.dll"), Folder, null, ("SKYDRIVER_MAX_WORKERS", null), ("SKYDRIVER_WORKERS_FOLDER", workersFolder));
        Connection = new("unix://" + Socket);
    }

    public string Folder { get; }

    public string Socket => Path.Combine(Folder, "local-workers.sock");

    internal GrpcConnection Connection { get; }

    public async ValueTask InitializeAsync() => await Until.HoldsAsync(IsServingAsync, "the launcher listens");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _program.DisposeAsync();
        Connection.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Ends the launcher alone, and at once.</summary>
    public Task KillAsync() => _program.KillAsync();

    /// <returns>The exit code.</returns>
    public Task<int> StopAsync() => _program.StopAsync();

    /// <summary>Sets a component up whose workers run a shell script.</summary>
    public Task InitAsync(string component, string script, int maxWorkers = 8, string stopTimeout = "30s") => InitAsync(component, new()
    {
        ["command"] = JsonSerializer.Serialize(new[] { "/bin/sh", "-c", script }),
        ["maxWorkers"] = maxWorkers.ToString(),
        ["stopTimeout"] = stopTimeout,
    });

    public Task InitAsync(string component, Dictionary<string, string> properties) => Connection.UnaryAsync(
        Service + "Init", new InitRequest { Metadata = new MetadataRequest { Properties = { properties } } }, InitResponse.Parser, metadata: Instance(component));

    public async Task<JsonElement> InvokeAsync(string component, string operation, string data)
    {
        InvokeResponse response = await Connection.UnaryAsync(
            Service + "Invoke", new InvokeRequest { Operation = operation, Data = ByteString.CopyFromUtf8(data) }, InvokeResponse.Parser, metadata: Instance(component));
        Assert.Equal("application/json", response.ContentType);
        using JsonDocument document = JsonDocument.Parse(response.Data.Memory);
        return document.RootElement.Clone();
    }

    public async Task<string[]> DeployAsync(string component, string scanId, int count, string key, string env = "{}")
    {
        JsonElement answer = await InvokeAsync(component, "deploy", $$"""{"scan_id": "{{scanId}}", "count": {{count}}, "idempotency_key": "{{key}}", "env": {{env}}}""");
        return [.. answer.GetProperty("workers").EnumerateArray().Select(w => w.GetString()!)];
    }

    public async Task<JsonElement[]> ListAsync(string component, string data = "{}") => [.. (await InvokeAsync(component, "list", data)).GetProperty("workers").EnumerateArray()];

    public async Task<int> RemoveAsync(string component, string data) => (await InvokeAsync(component, "remove", data)).GetProperty("removed").GetInt32();

    /// <summary>A process is gone also when nobody has collected its exit code.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static Dictionary<string, string> Instance(string component) => new() { ["x-component-instance"] = component };

    private async Task<bool> IsServingAsync()
    {
        if (_program.HasExited) Assert.Fail($"The launcher ended with {_program.ExitCode}.");
        try
        {
            await Connection.UnaryAsync(Service + "Ping", new PingRequest(), PingResponse.Parser);
            return true;
        }
        catch (RpcException fault) when (fault.StatusCode is StatusCode.Unavailable)
        {
            return false;
        }
    }
}
