using System.Globalization;
using System.Text.Json;
using SkyDriver.Api.Images;
using SkyDriver.Api.Live;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;
using SkyDriver.IceCube;

namespace SkyDriver.Api.Scans;

/// <summary>Makes a scan out of a good request. Everything is durable before it returns, so an answered launch survives any crash.</summary>
internal sealed class ScanLauncher(
    LifecycleClient lifecycles, ScanControl control, ScanStore scans, EventStore events, ScanCatalog catalog, LaunchClaims claims,
    ScanAnnouncer announcer, IImageCatalog images, ApiOptions options, TimeProvider clock)
{
    /// <param name="key">The caller's name for this request, or null; without one the same request again, soon after, is a repeat.</param>
    public async Task<ScanManifest> LaunchAsync(LaunchArguments arguments, string caller, string? key, CancellationToken cancellationToken)
    {
        string scanId = await claims.ClaimAsync(caller, "scan", Canonical(arguments), key, cancellationToken);
        string eventId = arguments.EventId ?? await events.SaveAsync(arguments.Event, cancellationToken);
        return await StartAsync(Request(scanId, eventId, arguments), arguments.Event, cancellationToken);
    }

    /// <summary>The same scan once more, under an id of its own.</summary>
    /// <param name="origin">The scan to be repeated; may itself be a repetition.</param>
    /// <param name="variant">Tells apart requests that differ in more than the scan.</param>
    /// <returns>Null when the event is no longer stored.</returns>
    public async Task<ScanManifest?> RescanAsync(ScanRequestV1 origin, string variant, string caller, string? key, CancellationToken cancellationToken)
    {
        if (await events.LoadAsync(origin.I3EventId, cancellationToken) is not { } json) return null;
        string scanId = await claims.ClaimAsync(caller, $"rescan/{origin.ScanId}", variant, key, cancellationToken);
        string first = origin.OriginalScanId ?? origin.ScanId;
        await scans.UpdateRequestAsync(first, request => request.RescanIds.Contains(scanId) ? null : request with { RescanIds = [.. request.RescanIds, scanId] }, cancellationToken);
        Dictionary<string, JsonElement> classifiers = new(origin.Classifiers)
        {
            ["rescan"] = JsonSerializer.SerializeToElement(true),
            ["origin_scan_id"] = JsonSerializer.SerializeToElement(origin.ScanId),
        };
        return await StartAsync(origin with { ScanId = scanId, RescanIds = [], Classifiers = classifiers, OriginalScanId = first }, json, cancellationToken);
    }

    /// <summary>A repeat of a launch that died half-way goes through the same steps; each is harmless when it was done before.</summary>
    private async Task<ScanManifest> StartAsync(ScanRequestV1 request, byte[] json, CancellationToken cancellationToken)
    {
        bool isNew = await scans.TryCreateAsync(request, Manifest(request, json), cancellationToken);
        ScanManifest manifest = await FindAsync(request.ScanId, cancellationToken);
        if (manifest.IsDeleted) return manifest;
        await catalog.AddAsync(manifest.ScanId, manifest.Timestamp, cancellationToken);
        if (manifest.EventMetadata is { } what)
        {
            await scans.IndexByEventAsync(what.RunId, what.EventId, new(request.ScanId, what.IsRealEvent, manifest.Timestamp), cancellationToken);
        }

        await lifecycles.StartAsync(new(request.ScanId, request.I3EventId, request.Priority), cancellationToken);
        if (isNew) SkyDriverMetrics.ScansRequested.Add(1);
        if (isNew) await announcer.TellAsync(new() { ScanId = request.ScanId, Kind = ScanEventKind.Phase, Phase = ScanPhase.Requested });
        manifest = await FindAsync(request.ScanId, cancellationToken);
        // Aborted between the two looks, when there was no life cycle yet to tell.
        if (manifest is { IsDeleted: true }) await control.AbortAsync(request.ScanId, cancellationToken);
        return manifest;
    }

    /// <summary>The same for requests that mean the same.</summary>
    private static string Canonical(LaunchArguments arguments) => JsonSerializer.Serialize(
        arguments with
        {
            Classifiers = new SortedDictionary<string, JsonElement>(arguments.Classifiers.ToDictionary(), StringComparer.Ordinal),
            ServerEnvironment = new SortedDictionary<string, JsonElement>(arguments.ServerEnvironment.ToDictionary(), StringComparer.Ordinal),
        },
        ContractJson.Options);

    private async Task<ScanManifest> FindAsync(string scanId, CancellationToken cancellationToken) =>
        await scans.GetManifestAsync(scanId, cancellationToken) ?? throw new InvalidOperationException($"The manifest of scan {scanId} was written but is not there.");

    private ScanRequestV1 Request(string scanId, string eventId, LaunchArguments arguments) => new()
    {
        ScanId = scanId,
        DockerTag = images.Resolve(arguments.DockerTag) ?? arguments.DockerTag,
        RecoAlgo = arguments.RecoAlgo,
        Nsides = arguments.Nsides,
        RealOrSimulatedEvent = arguments.RealOrSimulated,
        PredictiveScanningThreshold = arguments.Threshold,
        Classifiers = arguments.Classifiers,
        RequestClusters = arguments.Clusters,
        WorkerMemoryBytes = arguments.WorkerMemory,
        WorkerDiskBytes = arguments.WorkerDisk,
        ScannerServerMemoryBytes = arguments.ServerMemory,
        MaxPixelRecoTime = (int?)arguments.MaxPixelRecoTime,
        Priority = (int)arguments.Priority,
        DebugMode = arguments.DebugMode,
        I3EventId = eventId,
        ScannerServerEnvFromUser = arguments.ServerEnvironment,
        Engine = arguments.Engine,
    };

    private ScanManifest Manifest(ScanRequestV1 request, byte[] json)
    {
        double now = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        IceCubeEvent decoded = EventReader.Read(json);
        string nsides = string.Join(' ', request.Nsides.Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Key}:{n.Value}")));
        return new()
        {
            ScanId = request.ScanId,
            Timestamp = now,
            LastUpdated = now,
            Priority = request.Priority,
            Classifiers = request.Classifiers,
            I3EventId = request.I3EventId,
            EventI3LiveJsonDict = JsonSerializer.SerializeToElement(ScanManifest.EventMarker),
            ScannerServerArgs = string.Create(CultureInfo.InvariantCulture,
                $"scan --reco-algo {request.RecoAlgo} --nsides {nsides} {(request.IsRealEvent ? "--real-event" : "--simulated-event")} --predictive-scanning-threshold {request.PredictiveScanningThreshold}"),
            EnvVars = UserEnvironment.ForManifest(request.ScanId, request.ScannerServerEnvFromUser),
            EwmsWorkflowId = request.ScanId,
            EwmsAddress = options.Address,
            EventMetadata = new(decoded.RunId, decoded.EventId, decoded.EventType, decoded.Mjd, request.IsRealEvent),
            Lifecycle = new() { Engine = options.EngineFor(request.Engine) },
        };
    }
}
