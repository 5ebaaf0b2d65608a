using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Startup;

/// <summary>What a service must find in its sidecar before it does any work.</summary>
/// <param name="AppId">Of the service, as scopes name it.</param>
public sealed record ComponentNeeds(string AppId)
{
    /// <summary>Reads and writes state.</summary>
    public bool State { get; init; }

    /// <summary>Publishes or subscribes.</summary>
    public bool PubSub { get; init; }

    /// <summary>Starts workers.</summary>
    public bool Launchers { get; init; }

    public static ComponentNeeds Api { get; } = new(AppIds.Api) { State = true, PubSub = true };

    public static ComponentNeeds Orchestrator { get; } = new(AppIds.Orchestrator) { State = true, PubSub = true, Launchers = true };

    public static ComponentNeeds Scanner { get; } = new(AppIds.Scanner) { State = true, PubSub = true };

    public static ComponentNeeds Worker { get; } = new(AppIds.Worker) { PubSub = true };
}

/// <summary>A component as the sidecar tells of it.</summary>
public sealed record LoadedComponent(string Name, string Type, IReadOnlyList<string> Capabilities);
