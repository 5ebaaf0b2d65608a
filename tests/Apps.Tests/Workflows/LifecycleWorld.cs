using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>A scan, and a world in which everything about it goes well until a test says otherwise.</summary>
internal static class LifecycleWorld
{
    public static readonly ScanLifecycleInputV1 Input = new("scan1", "event1", Priority: 0);
    public static readonly LifecycleTermsV1 Terms = new(
        ScanEngine.Native, LaunchAttempts: 3, LaunchRetrySeconds: 300, NoRoomSeconds: 20, ServerStartSeconds: 900, ScanSeconds: 172_800, TeardownSeconds: 0);
    public static readonly ScanPreparedV1 Prepared = new("scan1", "dummy", [new("local", 2)], null, null);
    public static readonly ScanEndedV1 Finished = new("scan1", ScanActorState.Finished, null, 768, SetAside: 3);

    public static TestWorkflowContext World(LifecycleTermsV1? terms = null, bool permit = true, DateTime? now = null) =>
        new TestWorkflowContext(now) { IsPermittedAtOnce = permit }
        .Answer<BacklogEntranceV1>(ActivityNames.EnterBacklog, _ => terms ?? Terms)
        .Answer<ScanReferenceV1>(ActivityNames.PrepareEvent, _ => Prepared)
        .Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(2))
        .Answer<ScanReferenceV1>(ActivityNames.CheckScanner, _ => new ScannerStandingV1(IsLost: false))
        .Answer<WorkerRemovalV1>(ActivityNames.RemoveWorkers, _ => 0);

    public static string? Failure(TestWorkflowContext context) => context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Single(u => u.Failure is not null).Failure;

    public static ManifestUpdateV1 LastUpdate(TestWorkflowContext context) => context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Last();
}
