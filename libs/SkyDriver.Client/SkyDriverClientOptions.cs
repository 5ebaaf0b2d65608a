namespace SkyDriver.Client;

/// <summary>How patient a client is, and in whose name it calls.</summary>
public sealed record SkyDriverClientOptions
{
    /// <summary>How long one call may go on trying.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one try may wait for an answer to begin.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an answer may take from its beginning to its end; results have tens of megabytes.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a watch, an event stream or a queued write outlasts a service that is away, before it gives up.</summary>
    public TimeSpan AwayPatience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Pause before the second try; doubled from then on up to <see cref="LongestPause"/>.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>An internal error of the service (500) counts as passing.</summary>
    internal bool RepeatsFaults { get; init; } = true;

    /// <summary>Silence on an event stream after which its connection counts as lost; above the service's heartbeat of 15 s.</summary>
    public TimeSpan StreamSilence { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Gives the bearer token of each call; null calls without one.</summary>
    public IBearerTokens? Tokens { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Where bearer tokens come from.</summary>
public interface IBearerTokens
{
    /// <param name="refused">The token the service just refused; null when none was. Answer with another one, or the same when there is no other.</param>
    /// <returns>Null to call without a token.</returns>
    /// <exception cref="SkyDriverException">There is none to be had; the message says what to do.</exception>
    ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken);
}

/// <summary>One token that never changes.</summary>
public sealed class FixedToken(string token) : IBearerTokens
{
    public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(token);
}
