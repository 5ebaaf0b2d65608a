using System.Text.Json;
using Dapr;
using Dapr.Actors.Client;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Asks how the scanner stands. Asking one of ours also wakes it, wherever there is a host for it.</summary>
public sealed class CheckScanner(IActorProxyFactory actors, ScanStore scans, WorkerLaunchers launchers) : WorkflowActivity<ScanReferenceV1, ScannerStandingV1>
{
    public override async Task<ScannerStandingV1> RunAsync(WorkflowActivityContext context, ScanReferenceV1 input)
    {
        if (input.Engine == ScanEngine.Native) return new((await actors.ScanActor(input.ScanId).GetProgress()).State == ScanActorState.NotOpen);
        ScanManifest manifest = await scans.GetManifestAsync(input.ScanId) ?? throw new InvalidOperationException($"There is no manifest of scan {input.ScanId}.");
        DateTime lastSign = DateTimeOffset.FromUnixTimeMilliseconds((long)(manifest.LastUpdated * 1000)).UtcDateTime;
        return new(IsLost: false, lastSign, input is { Server: { } at, ServerJob: { } job } ? await LookAsync(input.ScanId, at, job) : null);
    }

    /// <returns>Null also when nobody can say: its reports still tell.</returns>
    private async Task<ServerLostV1?> LookAsync(string scanId, ServerPlaceV1 at, string job)
    {
        try
        {
            WorkerListV1 list = await launchers.ListAsync(at.Launcher, scanId, at.Place);
            return list.IsReachable(at.Place) ? ServerState.Loss(scanId, list.Workers.FirstOrDefault(w => w.Id == job)) : null;
        }
        catch (Exception away) when (away is DaprException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>Starts the same scan once more in place of a lost one, to which its users are then led. A repeat starts nothing more.</summary>
public sealed class ReplaceScan(ScanStore scans, StateDocuments documents, ScanCatalog catalog, LifecycleClient lifecycles, ScanEventPublisher events, TimeProvider clock)
    : WorkflowActivity<ReplaceScanV1, ScanReplacedV1>
{
    /// <summary>A request is not repeated for ever: after more runs than this within the time it has failed.</summary>
    private const int MostRuns = 3;

    private const long MostServerMemory = 64L << 30;

    private static readonly TimeSpan RunsCountFor = TimeSpan.FromHours(10);

    public override async Task<ScanReplacedV1> RunAsync(WorkflowActivityContext context, ReplaceScanV1 input)
    {
        ScanManifest lost = await scans.GetManifestAsync(input.ScanId) ?? throw new InvalidOperationException($"There is no manifest of scan {input.ScanId}.");
        ScanRequestV1 request = await scans.GetRequestAsync(input.ScanId) ?? throw new InvalidOperationException($"There is no request of scan {input.ScanId}.");
        if (lost.ReplacedByScanId is { } already) return new(already);
        if (lost.IsDeleted) return new(null, "It was deleted, so it is not repeated.");
        ScanRequestV1 first = request.OriginalScanId is { } id ? await scans.GetRequestAsync(id) ?? request : request;
        if (await documents.GetAsync<ReplacementV1>(StateKeys.Replacement(input.ScanId)) is not { } replacement)
        {
            if (await RunsAsync(first) is > MostRuns and int runs) return new(null, $"It ran {runs} times within {RunsCountFor.TotalHours} hours, so it is not repeated; a rescan tries again.");
            await documents.TryCreateAsync(StateKeys.Replacement(input.ScanId), new ReplacementV1(ScanId.Create(clock.GetUtcNow())));
            replacement = await documents.GetAsync<ReplacementV1>(StateKeys.Replacement(input.ScanId)) ?? throw new InvalidOperationException("The store forgot what it was just told.");
        }

        await StartAsync(Repeat(request, first.ScanId, replacement.ScanId, input.DoubleMemory), first.ScanId, lost);
        // Last, so that whoever is led there finds a scan.
        await scans.UpdateManifestAsync(input.ScanId, m => m.ReplacedByScanId is null ? m with { ReplacedByScanId = replacement.ScanId } : null);
        return new(replacement.ScanId);
    }

    /// <summary>How often the request was run lately. More than the newest few need not be counted.</summary>
    private async Task<int> RunsAsync(ScanRequestV1 first)
    {
        double since = (clock.GetUtcNow() - RunsCountFor).ToUnixTimeMilliseconds() / 1000.0;
        int runs = 0;
        foreach (string scanId in first.RescanIds.Reverse().Take(MostRuns + 1).Append(first.ScanId))
            if (await scans.GetManifestAsync(scanId) is { } manifest && manifest.Timestamp >= since) runs++;
        return runs;
    }

    private static ScanRequestV1 Repeat(ScanRequestV1 request, string first, string scanId, bool doubleMemory) => request with
    {
        ScanId = scanId,
        RescanIds = [],
        OriginalScanId = first,
        Classifiers = new Dictionary<string, JsonElement>(request.Classifiers)
        {
            ["rescan"] = JsonSerializer.SerializeToElement(true),
            ["origin_scan_id"] = JsonSerializer.SerializeToElement(request.ScanId),
        },
        ScannerServerMemoryBytes = doubleMemory ? Math.Max(request.ScannerServerMemoryBytes, Math.Min(2 * request.ScannerServerMemoryBytes, MostServerMemory)) : request.ScannerServerMemoryBytes,
    };

    private async Task StartAsync(ScanRequestV1 request, string first, ScanManifest lost)
    {
        await scans.UpdateRequestAsync(first, r => r.RescanIds.Contains(request.ScanId) ? null : r with { RescanIds = [.. r.RescanIds, request.ScanId] });
        double now = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        bool isNew = await scans.TryCreateAsync(request, new()
        {
            ScanId = request.ScanId,
            Timestamp = now,
            LastUpdated = now,
            Priority = request.Priority,
            Classifiers = request.Classifiers,
            I3EventId = request.I3EventId,
            EventI3LiveJsonDict = JsonSerializer.SerializeToElement(ScanManifest.EventMarker),
            ScannerServerArgs = lost.ScannerServerArgs,
            EnvVars = lost.EnvVars.ToDictionary(v => v.Key, v => v.Value with { Value = v.Value.Value == lost.ScanId ? request.ScanId : v.Value.Value }),
            EwmsWorkflowId = request.ScanId,
            EwmsAddress = lost.EwmsAddress,
            EventMetadata = lost.EventMetadata,
            Lifecycle = new() { Engine = lost.Lifecycle.Engine },
        });
        ScanManifest manifest = await scans.GetManifestAsync(request.ScanId) ?? throw new InvalidOperationException($"The manifest of scan {request.ScanId} was written but is not there.");
        await catalog.AddAsync(manifest.ScanId, manifest.Timestamp, CancellationToken.None);
        if (manifest.EventMetadata is { } what) await scans.IndexByEventAsync(what.RunId, what.EventId, new(manifest.ScanId, what.IsRealEvent, manifest.Timestamp));
        await lifecycles.StartAsync(new(request.ScanId, request.I3EventId, request.Priority));
        if (isNew) await events.PhaseAsync(request.ScanId, ScanPhase.Requested, message: null);
    }
}
