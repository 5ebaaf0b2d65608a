using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.IceCube;
using SkyDriver.Reco;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Decodes the event once, notes what it is in the manifest, and tells the workflow what it must know.</summary>
public sealed class PrepareEvent(ScanStore scans, EventStore events) : WorkflowActivity<ScanReferenceV1, ScanPreparedV1>
{
    public override async Task<ScanPreparedV1> RunAsync(WorkflowActivityContext context, ScanReferenceV1 input)
    {
        ScanRequestV1 request = await scans.GetRequestAsync(input.ScanId) ?? throw new InvalidOperationException($"There is no request of scan {input.ScanId}.");
        bool isOurs = input.Engine == ScanEngine.Native;
        if (!RecoCatalog.TryGet(request.RecoAlgo, out RecoAlgorithm? algorithm) && isOurs) return Failed(RecoCatalog.Explain(request.RecoAlgo));
        byte[]? json = await events.LoadAsync(input.I3EventId);
        if (json is null) return Failed($"The event {input.I3EventId} is not in the store.");
        IceCubeEvent decoded;
        try
        {
            decoded = EventReader.Read(json);
        }
        catch (EventFormatException broken)
        {
            return Failed(broken.Message);
        }

        EventMetadataV1 what = new(decoded.RunId, decoded.EventId, decoded.EventType, decoded.Mjd, request.IsRealEvent);
        // A scanner from outside says itself how it scans, and knows better than we which event it found in the file.
        ScanMetadataV1? how = isOurs ? new(input.ScanId, request.Nsides, algorithm!.PositionVariations) : null;
        ScanManifest? manifest = await scans.UpdateManifestAsync(input.ScanId, stored => stored.Lifecycle.EventMetadataReported
            ? null
            : stored with { EventMetadata = what, ScanMetadata = how ?? stored.ScanMetadata });
        if (manifest is { Lifecycle.EventMetadataReported: true, EventMetadata: { } reported }) what = reported;
        await scans.IndexByEventAsync(what.RunId, what.EventId, new(input.ScanId, what.IsRealEvent, manifest?.Timestamp ?? 0));
        return new(input.ScanId, request.RecoAlgo, isOurs ? request.RequestClusters : [], request.MaxPixelRecoTime, Failure: null);

        ScanPreparedV1 Failed(string why) => new(input.ScanId, request.RecoAlgo, [], null, why);
    }
}
