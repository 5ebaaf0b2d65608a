using Microsoft.AspNetCore.Http;

namespace SkyDriver.Hosting.Messages;

/// <summary>What a subscriber tells the sidecar about one delivery.</summary>
public static class TopicAnswer
{
    /// <summary>Done; never deliver it again.</summary>
    public static IResult Success { get; } = Results.Json(new Body("SUCCESS"));

    /// <summary>Not done here; deliver it again, to whoever is free.</summary>
    public static IResult Retry { get; } = Results.Json(new Body("RETRY"));

    /// <summary>It can never be done; to the dead-letter topic, where there is one.</summary>
    public static IResult Drop { get; } = Results.Json(new Body("DROP"));

    private sealed record Body(string Status);
}
