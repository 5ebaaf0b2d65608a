using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr.Client;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;
using SkyDriver.IceCube;

namespace SkyDriver.Api.Scans;

/// <summary>Makes a scan out of a good request. Everything is durable before it returns, so an answered launch survives any crash.</summary>
internal sealed class ScanLauncher(
    DaprClient dapr, LifecycleClient lifecycles, ScanControl control, ScanStore scans, EventStore events, ApiOptions options, TimeProvider clock)
{
    private static readonly StateOptions CreateOnly = new() { Concurrency = ConcurrencyMode.FirstWrite };

    /// <param name="caller">Who asks; the same request of somebody else is another scan.</param>
    /// <param name="key">The caller's name for this request, or null; without one the same request again, soon after, is a repeat.</param>
    /// <exception cref="ApiException">The key was used for another request.</exception>
    public async Task<ScanManifest> LaunchAsync(LaunchArguments arguments, string caller, string? key, CancellationToken cancellationToken)
    {
        string content = Hash(JsonSerializer.Serialize(arguments, ContractJson.Options));
        LaunchClaim claim = await ClaimAsync(Hash($"{caller}\n{key ?? content}"), content, key is null ? options.RepeatWindow : options.KeyWindow, cancellationToken);
        if (claim.Content != content) throw new ApiException(StatusCodes.Status400BadRequest, "the Idempotency-Key was used for another request; give a new one");

        // A repeat of a launch that died half-way goes through the same steps; each is harmless when it was done before.
        string eventId = await events.SaveAsync(arguments.Event, cancellationToken);
        ScanRequestV1 request = Request(claim.ScanId, eventId, arguments);
        await scans.TryCreateAsync(request, Manifest(request, arguments), cancellationToken);
        ScanManifest manifest = await FindAsync(claim.ScanId, cancellationToken);
        if (manifest.IsDeleted) return manifest;
        if (manifest.EventMetadata is { } what)
        {
            await scans.IndexByEventAsync(what.RunId, what.EventId, new(claim.ScanId, what.IsRealEvent, manifest.Timestamp), cancellationToken);
        }

        await lifecycles.StartAsync(new(claim.ScanId, eventId, request.Priority), cancellationToken);
        manifest = await FindAsync(claim.ScanId, cancellationToken);
        // Aborted between the two looks, when there was no life cycle yet to tell.
        if (manifest is { IsDeleted: true }) await control.AbortAsync(claim.ScanId, cancellationToken);
        return manifest;
    }

    private async Task<ScanManifest> FindAsync(string scanId, CancellationToken cancellationToken) =>
        await scans.GetManifestAsync(scanId, cancellationToken) ?? throw new InvalidOperationException($"The manifest of scan {scanId} was written but is not there.");

    private async Task<LaunchClaim> ClaimAsync(string repeatKey, string content, TimeSpan window, CancellationToken cancellationToken)
    {
        string key = StateKeys.Launch(repeatKey);
        Dictionary<string, string> lifetime = new() { ["ttlInSeconds"] = ((long)window.TotalSeconds).ToString(CultureInfo.InvariantCulture) };
        while (true)
        {
            if (await dapr.GetStateAsync<LaunchClaim?>(Components.StateStore, key, cancellationToken: cancellationToken) is { } claimed) return claimed;
            LaunchClaim claim = new(ScanIds.Create(clock.GetUtcNow()), content);
            if (await dapr.TrySaveStateAsync(Components.StateStore, key, claim, etag: "", CreateOnly, lifetime, cancellationToken)) return claim;
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static ScanRequestV1 Request(string scanId, string eventId, LaunchArguments arguments) => new()
    {
        ScanId = scanId,
        DockerTag = Tag(arguments.DockerTag),
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
    };

    private ScanManifest Manifest(ScanRequestV1 request, LaunchArguments arguments)
    {
        double now = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        IceCubeEvent decoded = EventReader.Read(arguments.Event);
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
            EwmsWorkflowId = request.ScanId,
            EventMetadata = new(decoded.RunId, decoded.EventId, decoded.EventType, decoded.Mjd, request.IsRealEvent),
        };
    }

    // Released images carry the bare version; people write it with a v.
    private static string Tag(string tag) => tag.Length > 1 && tag[0] == 'v' && char.IsAsciiDigit(tag[1]) ? tag[1..] : tag;
}

/// <summary>Says which scan a request became.</summary>
/// <param name="Content">Hash of the request.</param>
internal sealed record LaunchClaim([property: JsonPropertyName("scan_id")] string ScanId, [property: JsonPropertyName("content")] string Content);
