using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>How the services are, each as it sees itself.</summary>
public sealed record SystemHealthV1([property: JsonPropertyName("services")] IReadOnlyList<ServiceHealthV1> Services);

/// <param name="App">Dapr app id.</param>
/// <param name="Version">Of its program; null when it did not answer.</param>
/// <param name="Time">Unix seconds by its own clock, when it answered; null when it did not.</param>
public sealed record ServiceHealthV1(
    [property: JsonPropertyName("app")] string App,
    [property: JsonPropertyName("version")] string? Version,
    [property: JsonPropertyName("time")] double? Time,
    [property: JsonPropertyName("checks")] IReadOnlyList<SystemCheckV1> Checks);

/// <summary>One thing that was tried.</summary>
/// <param name="State">One of <see cref="SystemCheckState"/>.</param>
/// <param name="Message">What was found.</param>
/// <param name="Remedy">What helps; null when nothing has to.</param>
public sealed record SystemCheckV1(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("remedy")] string? Remedy = null)
{
    public static SystemCheckV1 Ok(string name, string message) => new(name, SystemCheckState.Ok, message);

    public static SystemCheckV1 Failed(string name, string message, string remedy) => new(name, SystemCheckState.Failed, message, remedy);
}

/// <summary>Values of <see cref="SystemCheckV1.State"/>.</summary>
public static class SystemCheckState
{
    public const string Ok = "ok";

    /// <summary>Scans go on; somebody should look at it.</summary>
    public const string Warning = "warning";

    public const string Failed = "failed";
}
