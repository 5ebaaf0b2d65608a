using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

/// <summary>What an actor of the fleet answers: a value, or why not. A result and not an exception, as exceptions lose their type on the way.</summary>
/// <param name="Status">As in HTTP: 200 or 201 with a value; 400, 404, 409 or 503 with a message.</param>
/// <param name="Message">All faults, each naming field, value and remedy.</param>
public sealed record FleetAnswer<T>(
    [property: JsonPropertyName("status")] int Status,
    [property: JsonPropertyName("value")] T? Value,
    [property: JsonPropertyName("message")] string? Message = null)
{
    [JsonIgnore]
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsOk => Status is >= 200 and < 300;

    /// <summary>The same refusal for another kind of value.</summary>
    public FleetAnswer<TOther> As<TOther>() => new(Status, default, Message);
}

/// <summary>Makes answers.</summary>
public static class FleetAnswer
{
    public static FleetAnswer<T> Ok<T>(T value) => new(200, value);

    public static FleetAnswer<T> Created<T>(T value) => new(201, value);

    /// <summary>The request itself is wrong.</summary>
    public static FleetAnswer<T> Refused<T>(string message) => new(400, default, message);

    public static FleetAnswer<T> NotFound<T>(string message) => new(404, default, message);

    /// <summary>The request is well formed, and not possible in the state in which things are.</summary>
    public static FleetAnswer<T> Conflict<T>(string message) => new(409, default, message);

    /// <summary>Nothing is wrong with the request; somebody who is needed for it is away.</summary>
    public static FleetAnswer<T> Unavailable<T>(string message) => new(503, default, message);
}

/// <summary>A write with the key that makes its repeat harmless.</summary>
/// <param name="Key">Of one logical write; remembered for 24 hours, 1 to 128 printable characters. Null when the caller gave none.</param>
public sealed record FleetCommand<T>(
    [property: JsonPropertyName("body")] T Body,
    [property: JsonPropertyName("key")] string? Key = null);

/// <summary>Result of commands that have nothing to tell.</summary>
public sealed record FleetResultV1([property: JsonPropertyName("result")] string Result)
{
    public static FleetResultV1 Ok { get; } = new("ok");
}
