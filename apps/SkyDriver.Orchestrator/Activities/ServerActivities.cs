using System.Text.Json;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Has a launcher start the server of a scanner that is none of ours. A repeat starts no other.</summary>
public sealed class StartServer(ScanStore scans, WorkerLaunchers launchers, OrchestratorOptions options) : WorkflowActivity<ScannerServerV1, ServerStartedV1>
{
    private const string Key = "scanner-server";

    public override async Task<ServerStartedV1> RunAsync(WorkflowActivityContext context, ScannerServerV1 input)
    {
        ScanRequestV1 request = await scans.GetRequestAsync(input.ScanId) ?? throw new InvalidOperationException($"There is no request of scan {input.ScanId}.");
        ScanManifest manifest = await scans.GetManifestAsync(input.ScanId) ?? throw new InvalidOperationException($"There is no manifest of scan {input.ScanId}.");
        WorkerResourcesV1? resources = request.ScannerServerMemoryBytes > 0 ? new(MemoryBytes: request.ScannerServerMemoryBytes) : null;
        WorkersDeployedV1 deployed = await launchers.DeployAsync(
            input.At.Launcher, new(input.ScanId, Count: 1, $"{input.ScanId}-{Key}", Environment(request, manifest), input.At.Place, resources));
        if (deployed.Workers is [{ } job, ..]) return new(job);
        return new(null, deployed.Denied is { } denied ? $"{denied.Kind}: {denied.Message}" : "the launcher started nothing and did not say why");
    }

    private Dictionary<string, string> Environment(ScanRequestV1 request, ScanManifest manifest)
    {
        Dictionary<string, string> environment = request.ScannerServerEnvFromUser.ToDictionary(
            v => v.Key, v => v.Value.ValueKind is JsonValueKind.String ? v.Value.GetString()! : v.Value.GetRawText());
        environment[WorkerEnvironment.Api] = options.Api.ToString().TrimEnd('/');
        environment[WorkerEnvironment.ScanId] = request.ScanId;
        environment[ServerEnvironment.DockerTag] = request.DockerTag;
        if (manifest.ScannerServerArgs is { } arguments) environment[ServerEnvironment.Arguments] = arguments;
        return environment;
    }
}

/// <summary>Takes the scanner's server away and keeps its last words. To be called until it is gone.</summary>
public sealed class RemoveServer(WorkerLaunchers launchers, WorkerLogKeeper logs) : WorkflowActivity<ScannerServerV1, int>
{
    /// <returns>How many are left.</returns>
    public override async Task<int> RunAsync(WorkflowActivityContext context, ScannerServerV1 input)
    {
        WorkerListV1 list = await launchers.ListAsync(input.At.Launcher, input.ScanId, input.At.Place);
        if (!list.IsReachable(input.At.Place)) throw new InvalidOperationException($"The place {input.At.Place} does not answer: {list.Unreachable!.First(u => u.Place == input.At.Place).Message}");
        // By the scan, as a start may have been cut off before its answer. Scans of such scanners have no workers of ours.
        WorkerInfoV1[] servers = [.. list.Workers.Where(w => w.ScanId == input.ScanId)];
        if (servers.Length == 0) return 0;
        await logs.KeepAsync(input.At.Launcher, input.ScanId, servers);
        await launchers.RemoveAsync(input.At.Launcher, [.. servers.Select(s => s.Id)]);
        return servers.Count(s => s.State is not WorkerState.Exited);
    }
}

/// <summary>What a launcher's list says of a server that should be running.</summary>
public static class ServerState
{
    // HTCondor has a number for it, Kubernetes a word; the launchers put both into words.
    private static readonly string[] OutOfMemory = [ServerLossReason.OutOfMemory, "more memory than it asked for"];
    private static readonly string[] Told = [ServerLossReason.CrashLoop, "Evicted", "DeadlineExceeded", "StartError"];

    /// <param name="server">Null when the list has it no more.</param>
    /// <returns>Null when nothing is wrong with it.</returns>
    public static ServerLostV1? Loss(string scanId, WorkerInfoV1? server)
    {
        if (server is null) return new(scanId, ServerLossReason.Removed, null, "the scheduler does not know it any more");
        if (server.State is not (WorkerState.Held or WorkerState.Exited)) return null;
        return new(scanId, Word(server), server.ExitCode, server.Reason);
    }

    private static string Word(WorkerInfoV1 server)
    {
        string words = server.Reason ?? "";
        if (OutOfMemory.Any(words.Contains)) return ServerLossReason.OutOfMemory;
        if (Told.FirstOrDefault(words.Contains) is { } told) return told;
        return server.State is WorkerState.Held ? ServerLossReason.Held : server.ExitCode is null ? ServerLossReason.Removed : ServerLossReason.Ended;
    }
}
