using System.Globalization;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Scan;

namespace SkyDriver.Scanner;

/// <summary>A scan's plan, made of its stored request and event.</summary>
public sealed class ScanPlans(ScanStore scans, EventStore events)
{
    /// <exception cref="ScanPlanException">The request or the event cannot be scanned; no repeat will help.</exception>
    /// <exception cref="InvalidOperationException">Request or event is not stored.</exception>
    public async Task<(ScanPlan Plan, ScanRequestV1 Request)> LoadAsync(OpenScanV1 scan)
    {
        ScanRequestV1 request = await scans.GetRequestAsync(scan.ScanId) ?? throw new InvalidOperationException($"There is no request of scan {scan.ScanId}.");
        byte[] json = await events.LoadAsync(scan.I3EventId) ?? throw new InvalidOperationException($"There is no event {scan.I3EventId} of scan {scan.ScanId}.");
        return (Make(request, json), request);
    }

    private static ScanPlan Make(ScanRequestV1 request, byte[] json)
    {
        if (!RecoCatalog.TryGet(request.RecoAlgo, out RecoAlgorithm? algorithm)) throw new ScanPlanException([RecoCatalog.Explain(request.RecoAlgo)]);
        IEnumerable<NsideStep> steps = request.Nsides.Select(step => new NsideStep(Nside(step.Key), step.Value));
        if (!NsideProgression.TryCreate(steps, out NsideProgression? progression, out IReadOnlyList<string> broken)) throw new ScanPlanException(broken);
        IceCubeEvent ev;
        try
        {
            ev = EventReader.Read(json);
        }
        catch (EventFormatException unreadable)
        {
            throw new ScanPlanException([unreadable.Message]);
        }

        ScanPlan plan = ScanPlan.ForEvent(
            ev, algorithm, progression, request.PredictiveScanningThreshold, request.IsRealEvent, request.ScanId, out IReadOnlyList<string> faults);
        if (faults.Count > 0) throw new ScanPlanException(faults);
        EventLooks.Begin(plan, ev);
        return plan;
    }

    private static int Nside(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int nside) ? nside : throw new ScanPlanException([$"nside '{text}' is not a whole number."]);
}

/// <summary>A scan that can never be; the message has every reason.</summary>
public sealed class ScanPlanException(IReadOnlyList<string> faults) : Exception(string.Join(' ', faults));
