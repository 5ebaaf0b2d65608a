using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

// How the life cycle of a scan and the fleet speak about the scan's workers.

/// <summary>The workers that serve a batch now, and those that were ordered for it.</summary>
/// <param name="Ordered">Workers of open orders that are not there yet.</param>
/// <param name="Denied">What the places said that had no room, in the newest order of each; null when all had.</param>
/// <param name="Fault">Why nobody could be hired: the newest order of every recruiter failed. Else null.</param>
/// <param name="Trouble">Why orders that are still open have not succeeded so far: they are tried again. Else null.</param>
public sealed record CrewV1(
    [property: JsonPropertyName("members")] IReadOnlyList<CrewMemberV1> Members,
    [property: JsonPropertyName("ordered")] int Ordered = 0,
    [property: JsonPropertyName("denied")] string? Denied = null,
    [property: JsonPropertyName("fault")] string? Fault = null,
    [property: JsonPropertyName("trouble")] string? Trouble = null);

/// <param name="Id">By which its launcher knows it.</param>
/// <param name="LaunchedFor">The batch that it was started for, under which its launcher lists it.</param>
public sealed record CrewMemberV1(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("provider")] string Provider,
    [property: JsonPropertyName("place")] string Place,
    [property: JsonPropertyName("launched_for")] string LaunchedFor);

/// <summary>What the launchers say of a batch's workers.</summary>
/// <param name="Exited">Ids of those that have ended; their rows go.</param>
/// <param name="Missing">Ids of those that are not listed by launchers that answered: gone at the second time in a row.</param>
public sealed record CrewSeenV1(
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("exited")] IReadOnlyList<string> Exited,
    [property: JsonPropertyName("missing")] IReadOnlyList<string> Missing);

/// <summary>How far the workers of a scan that is over were given back.</summary>
/// <param name="Left">Workers that still have to go, and orders that still have to end; not those that wait a moment for another scan.</param>
/// <param name="Known">Ids of all workers that were started for it and that the fleet still has, whomever they serve by now.</param>
public sealed record DismissalV1(
    [property: JsonPropertyName("left")] int Left,
    [property: JsonPropertyName("known")] IReadOnlyList<string> Known);
