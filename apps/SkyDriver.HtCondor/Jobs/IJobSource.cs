namespace SkyDriver.HtCondor.Jobs;

/// <summary>Somewhere that tells what became of jobs.</summary>
internal interface IJobSource
{
    /// <summary>Jobs of this installation.</summary>
    /// <param name="scanId">Null asks for all.</param>
    /// <exception cref="Components.ComponentException">There is no answer.</exception>
    Task<IReadOnlyCollection<JobAd>> ReadAsync(string? scanId, CancellationToken ct);
}
