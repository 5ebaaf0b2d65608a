namespace SkyDriver.Api.Auth;

/// <summary>Roles of callers.</summary>
internal static class Role
{
    /// <summary>People and their pipelines.</summary>
    public const string User = "user";

    /// <summary>A scan's own programs.</summary>
    public const string Internal = "internal";

    /// <summary>The workers of one scan.</summary>
    public const string Worker = "worker";
}

/// <summary>Who makes a request.</summary>
/// <param name="Name">Tells callers apart; empty without auth.</param>
/// <param name="Expires">When the token that proved it ends.</param>
/// <param name="OnlyScan">The one scan or batch that the caller may touch; null for all.</param>
/// <param name="OnlyWorker">The one worker of the fleet that the caller may speak for, of those with <paramref name="OnlyScan"/>.</param>
internal sealed record Caller(string Name, IReadOnlySet<string> Roles, DateTimeOffset Expires, string? OnlyScan = null, long? OnlyWorker = null)
{
    public bool IsInternal => Roles.Contains(Role.Internal);

    public bool IsUser => Roles.Contains(Role.User);

    /// <summary>Without auth everybody has the first role of the route.</summary>
    public static Caller Anybody(string role) => new("", new HashSet<string> { role }, DateTimeOffset.MaxValue);
}
