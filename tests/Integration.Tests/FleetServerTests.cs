using System.Globalization;
using System.Text.Json;
using HtCondor.Double;

namespace SkyDriver.Integration.Tests;

/// <summary>Scanners from elsewhere whose server a launcher starts: the service learns of its end by itself, from the real launchers' lists.</summary>
public sealed class FleetServerTests
{
    private static readonly string[] Server = ["/bin/sleep", "600"];

    [Fact]
    public async Task Kubernetes_ServerRunsOutOfMemory_IsReplacedWithTwiceAsMuch()
    {
        using TemporaryFolder folder = new();
        await using PodCluster cluster = await PodCluster.StartAsync(folder.Path, Server);
        await using LocalService service = await StartAsync(cluster.Components, cluster.Sockets, folder, "cloud=kubernetes");
        string scan = await service.RequestAsync("1:0", engine: "external", label: "memory");
        await service.UntilAsync(() => Task.FromResult(cluster.Processes.Count == 1), "the server runs");
        string memory = Assert.Single(cluster.Memory);
        ProcessTable.TryKill(cluster.Processes[0]);
        await UntilReplacedAsync(service, scan, "OOMKilled, exit code 137");
        await service.UntilAsync(() => Task.FromResult(cluster.Started == 2 && cluster.Memory.Count == 1), "the other server runs, the first one's Job is gone");
        Assert.Equal(2 * long.Parse(memory, CultureInfo.InvariantCulture), long.Parse(Assert.Single(cluster.Memory), CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task HtCondor_ServerIsRemovedThenHeld_IsReplacedThenGivenUp()
    {
        using TemporaryFolder folder = new();
        await using CondorPool condor = new(folder.Path, Server);
        condor.OpenMachines();
        await using LocalService service = await StartAsync(condor.Components, condor.Sockets, folder, "sub-2=htcondor");
        string scan = await service.RequestAsync("1:0", engine: "external", label: "removed");
        await service.UntilAsync(() => Task.FromResult(condor.Started == 1), "the server runs");
        condor.Pool.Change(c => Jobs.Removed(c, c.Queue.Single(), "via condor_rm (by user admin)"));
        string next = await UntilReplacedAsync(service, scan, "via condor_rm (by user admin)");
        await service.UntilAsync(() => Task.FromResult(condor.Pool.Look().Queue.Any(j => j.Status == 2)), "the other server runs");
        condor.Pool.Change(c => Jobs.Hold(c.Queue.Single(), 1, 0, "via condor_hold (by user admin)"));
        await service.StatesUntilAsync(next, s => s.StartsWith("FAILED__", StringComparison.Ordinal));
        Assert.Contains("held by a person (code 1)", (await service.StatusAsync(next)).GetProperty("failure").GetString());
        await service.UntilCompleteAsync(next);
        Assert.Empty(condor.Pool.Look().Queue);
        Assert.Equal(2, condor.Started);
    }

    private static Task<LocalService> StartAsync(string components, string sockets, TemporaryFolder folder, string place) => LocalService.StartOnAsync(
        components, folder["data"], ("SKYDRIVER_ENGINE_PER_REQUEST", "true"), ("SKYDRIVER_SCANNER_PLACE", place), ("SKYDRIVER_SERVER_LOOK", "1s"), ("DAPR_COMPONENTS_SOCKETS_FOLDER", sockets));

    /// <returns>Id of the scan that took its place.</returns>
    private static async Task<string> UntilReplacedAsync(LocalService service, string scan, string why)
    {
        await service.StatesUntilAsync(scan, s => s.StartsWith("FAILED__", StringComparison.Ordinal));
        string failure = (await service.StatusAsync(scan)).GetProperty("failure").GetString()!;
        Assert.Contains(why, failure);
        Assert.EndsWith("takes its place.", failure);
        JsonElement manifest = await service.GetAsync($"scan/{scan}/manifest?no_redirect=true");
        return manifest.GetProperty("replaced_by_scan_id").GetString()!;
    }
}
