using Dapr.Actors;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Actors;

/// <summary>Owner of one scan's ledger; actor type <see cref="ActorTypes.Scan"/>, actor id = scan id.</summary>
/// <remarks>Every call may come twice. At most one argument each, as the bundled SDK calls actors in the weak form.</remarks>
public interface IScanActor : IActor
{
    /// <summary>Opens the scan and publishes the first pixels; nothing happens if it is open or over.</summary>
    Task<ScanProgressV1> Open(OpenScanV1 request);

    /// <summary>Folds reconstructions in, opens the next round or ends the scan as they allow.</summary>
    Task RecordRecos(RecordRecosV1 request);

    /// <summary>Ends the scan with what it has; nothing happens if it is over.</summary>
    Task Abort(AbortScanV1 request);

    /// <summary>Tells how many workers there are.</summary>
    Task HintWorkers(WorkerHintV1 hint);

    Task<ScanProgressV1> GetProgress();

    /// <summary>Hands out batches to workers that fetch them, before any go to the broker.</summary>
    Task<LeasedWorkV1> LeaseWork(LeaseWorkV1 request);

    /// <summary>Folds in the answer to a leased batch, unless the lease is over. Again is no error.</summary>
    Task<LeaseSettledV1> SettleLease(SettleLeaseV1 request);

    /// <summary>Renews the leases of a worker, and takes back those that it gives back.</summary>
    Task<LeasesTendedV1> TendLeases(TendLeasesV1 request);
}
