using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Doctor;

/// <summary>Tries one thing that a service needs.</summary>
public interface ISystemProbe
{
    /// <summary>One word or two, as people read it.</summary>
    string Name { get; }

    /// <summary>What helps when it does not end in time, or throws.</summary>
    string Remedy { get; }

    /// <returns>One answer or several.</returns>
    Task<IReadOnlyList<SystemCheckV1>> RunAsync(CancellationToken cancellationToken);
}
