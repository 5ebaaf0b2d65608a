using System.Text.Json;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Integration.Tests;

/// <summary>Scans whose workers the fleet hires, in real processes, on each kind of launcher.</summary>
[Collection(nameof(ReferenceScan))]
public sealed class FleetScanTests(ReferenceScan reference)
{
    private const string Nsides = ReferenceScan.Nsides;
    private const string TwoPlaces = """{"sub-2": 3, "sub-3": 2}""";

    [Fact]
    public async Task TwoScans_OneAfterTheOther_TheSecondIsMadeByTheWorkersOfTheFirst()
    {
        string expected = await reference.MapAsync();
        LocalService service = await reference.ServiceAsync();
        string first = await service.RequestAsync(Nsides, label: "one");
        await service.StatesUntilAsync(first, s => s == "SCAN_HAS_FINAL_RESULT");
        // Its own, or one that the scan before it left.
        string launched = Assert.Single((await service.GetAsync("workers/")).EnumerateArray().ToArray()).GetProperty("launcher_id").GetString()!;
        string second = await service.RequestAsync(Nsides, label: "two");
        await service.StatesUntilAsync(second, s => s == "SCAN_HAS_FINAL_RESULT");
        JsonElement manifest = await service.GetAsync($"scan/{second}/manifest?no_redirect=true");
        Assert.Equal(0, manifest.GetProperty("condor_clusters").GetArrayLength());
        JsonElement worker = Assert.Single((await service.GetAsync("workers/")).EnumerateArray().ToArray());
        Assert.Equal(launched, worker.GetProperty("launcher_id").GetString());
        Assert.Equal(expected, await service.MapAsync(second));
        // And then nobody wants it any more.
        await service.UntilCompleteAsync(second);
        await service.UntilAsync(async () => (await service.GetAsync("workers/")).GetArrayLength() == 0, "the worker is given back");
        Assert.Empty(ProcessTable.Find("skydriver-worker.dll", $"SKYDRIVER_WORKER_ID={launched}"));
    }

    [Fact]
    public async Task HtCondor_EverythingKilledDuringTheDeployment_EachPlaceGetsItsJobsOnceAndTheResultIsTheSame()
    {
        string expected = await reference.MapAsync();
        using TemporaryFolder folder = new();
        await using CondorPool condor = new(folder.Path);
        (string, string)[] settings = [("SKYDRIVER_CLUSTERS", "sub-2=htcondor sub-3=htcondor"), ("DAPR_COMPONENTS_SOCKETS_FOLDER", condor.Sockets)];
        int port = FreePort.Take();
        string go = folder["go"], scan;
        condor.Pool.Behave("condor_submit", "wait " + go);
        await using (LocalService doomed = await LocalService.StartOnAsync(condor.Components, folder["data"], port, settings))
        {
            scan = await doomed.RequestAsync(Nsides, clusters: TwoPlaces);
            await Until.HoldsAsync(() => File.Exists(Path.Combine(condor.Pool.Folder, "waiting")), "a submission is under way");
            await doomed.KillEverythingAsync();
        }

        await File.WriteAllTextAsync(go, "");
        await using LocalService service = await LocalService.StartOnAsync(condor.Components, folder["data"], port, settings);
        condor.OpenMachines();
        await service.StatesUntilAsync(scan, s => s == "SCAN_HAS_FINAL_RESULT");
        await service.UntilCompleteAsync(scan);
        Assert.Equal(expected, await service.MapAsync(scan));
        JsonElement clusters = (await service.GetAsync($"scan/{scan}/manifest?no_redirect=true")).GetProperty("condor_clusters");
        Assert.Equal([2, 3], clusters.EnumerateArray().Select(c => c.GetProperty("jobs").GetInt32()).Order());
        Assert.Equal(2, condor.Pool.Calls("condor_submit").Count);
        // Those that spoke wait a moment for another scan.
        await service.UntilAsync(() => Task.FromResult(condor.Pool.Look().Queue.Count == 0), "all jobs are gone");
        Assert.Equal(5, condor.Pool.Look().History.Count);
    }

    [Fact]
    public async Task Kubernetes_OnlyOtherYaml_TheSameScanHasTheSameResult()
    {
        string expected = await reference.MapAsync();
        using TemporaryFolder folder = new();
        await using PodCluster cluster = await PodCluster.StartAsync(folder.Path);
        await using LocalService service = await LocalService.StartOnAsync(
            cluster.Components, folder["data"], ("SKYDRIVER_CLUSTERS", "cloud=kubernetes"), ("DAPR_COMPONENTS_SOCKETS_FOLDER", cluster.Sockets), ("SKYDRIVER_FLEET_LINGER", "0s"));
        string scan = await service.RequestAsync(Nsides, clusters: """{"cloud": 2}""");
        await service.StatesUntilAsync(scan, s => s == "SCAN_HAS_FINAL_RESULT");
        await service.UntilCompleteAsync(scan);
        Assert.Equal(expected, await service.MapAsync(scan));
        Assert.Equal(2, cluster.Started);
        JsonElement taskforce = Assert.Single((await service.GetAsync($"scan/{scan}/manifest?no_redirect=true")).GetProperty("condor_clusters").EnumerateArray().ToArray());
        Assert.Equal(("cloud", 2), (taskforce.GetProperty("schedd").GetString(), taskforce.GetProperty("jobs").GetInt32()));
        Assert.Equal(0, cluster.Jobs);
    }
}
