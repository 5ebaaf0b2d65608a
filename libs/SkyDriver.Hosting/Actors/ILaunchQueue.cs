using Dapr.Actors;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Actors;

/// <summary>The scans that wait for their start; actor type <see cref="ActorTypes.LaunchQueue"/>, id <see cref="ActorTypes.Backlog"/>.</summary>
/// <remarks>Every call may come twice. At most one argument each, as the bundled SDK calls actors in the weak form.</remarks>
public interface ILaunchQueue : IActor
{
    /// <summary>Puts a scan into the backlog; one that is there already stays as it is.</summary>
    Task Enqueue(BacklogEntryV1 entry);

    /// <summary>The scan took its permit: it waits no more, and counts as running until it is removed.</summary>
    Task Launched(string scanId);

    /// <summary>Takes a scan out, waiting or running; one that is not there is no error.</summary>
    Task Remove(string scanId);

    Task<BacklogV1> List();
}
