using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapr;
using Dapr.Client;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.IceCube;

namespace SkyDriver.Api.Scans;

/// <summary>Makes a scan out of a good request. Everything is durable before it returns, so an answered launch survives any crash.</summary>
internal sealed class ScanLauncher(DaprClient dapr, DaprWorkflowClient workflows, ScanStore scans, EventStore events, ApiOptions options, TimeProvider clock)
{
    private static readonly StateOptions CreateOnly = new() { Concurrency = ConcurrencyMode.FirstWrite };

    /// <param name="repeatKey">Names the request: the same key within the window is the same scan.</param>
    public async Task<ScanManifest> LaunchAsync(LaunchArguments arguments, string repeatKey, CancellationToken cancellationToken)
    {
        string scanId = await ClaimAsync(repeatKey, cancellationToken);
        // A repeat of a launch that died half-way goes through the same steps; each is harmless when it was done before.
        string eventId = await events.SaveAsync(arguments.Event, cancellationToken);
        ScanRequestV1 request = Request(scanId, eventId, arguments);
        ScanManifest manifest = Manifest(request, arguments);
        await scans.TryCreateAsync(request, manifest, cancellationToken);
        if (manifest.EventMetadata is { } what)
        {
            await scans.IndexByEventAsync(what.RunId, what.EventId, new(scanId, what.IsRealEvent, manifest.Timestamp), cancellationToken);
        }

        await StartAsync(new(scanId, eventId, request.Priority), cancellationToken);
        return await scans.GetManifestAsync(scanId, cancellationToken) ?? manifest;
    }

    /// <summary>The key of a request that brings none: who asks, and for what.</summary>
    public static string KeyOf(string caller, LaunchArguments arguments) => KeyOf(caller + "\n" + JsonSerializer.Serialize(arguments, ContractJson.Options));

    public static string KeyOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private async Task<string> ClaimAsync(string repeatKey, CancellationToken cancellationToken)
    {
        string key = StateKeys.Launch(repeatKey);
        Dictionary<string, string> lifetime = new() { ["ttlInSeconds"] = ((long)options.RepeatWindow.TotalSeconds).ToString(CultureInfo.InvariantCulture) };
        while (true)
        {
            if (await dapr.GetStateAsync<string?>(Components.StateStore, key, cancellationToken: cancellationToken) is { } claimed) return claimed;
            string scanId = NewScanId();
            if (await dapr.TrySaveStateAsync(Components.StateStore, key, scanId, etag: "", CreateOnly, lifetime, cancellationToken)) return scanId;
        }
    }

    private async Task StartAsync(ScanLifecycleInputV1 input, CancellationToken cancellationToken)
    {
        WorkflowState state = await workflows.GetWorkflowStateAsync(input.ScanId, getInputsAndOutputs: false, cancellationToken);
        if (state.Exists) return;
        try
        {
            await workflows.ScheduleNewWorkflowAsync(WorkflowNames.ScanLifecycle, input.ScanId, input);
        }
        catch (DaprException) when (!cancellationToken.IsCancellationRequested)
        {
            // Another repeat may have been first; if there is no such workflow after all, the fault stands.
            if (!(await workflows.GetWorkflowStateAsync(input.ScanId, getInputsAndOutputs: false, cancellationToken)).Exists) throw;
        }
    }

    // Sorts by time; 32 characters: milliseconds, an x, random digits.
    private string NewScanId()
    {
        string milliseconds = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
        return $"{milliseconds}x{RandomNumberGenerator.GetHexString(31 - milliseconds.Length, lowercase: true)}";
    }

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
