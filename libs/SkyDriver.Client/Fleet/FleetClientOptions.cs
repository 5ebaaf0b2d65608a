namespace SkyDriver.Client.Fleet;

/// <summary>How patient a client of the fleet is, and in whose name it calls.</summary>
public sealed record FleetClientOptions
{
    private const string DefaultServer = "http://127.0.0.1:8080/";

    /// <summary>How long one try of a write may wait for an answer to begin.</summary>
    public TimeSpan PutTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one try of a read may wait for an answer to begin.</summary>
    public TimeSpan GetTimeout { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>Pause between two tries, always the same; a service that names a later time is not asked before it.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a call outlasts a service that is away; for ever by default, as whoever waits can cancel.</summary>
    public TimeSpan AwayPatience { get; init; } = TimeSpan.MaxValue;

    /// <summary>Writes go through a queue, in their order; false sends each by itself as long as nothing is queued.</summary>
    public bool Asynchronous { get; init; } = true;

    /// <summary>A read waits until writes that were queued before it are answered.</summary>
    public bool ReadsWaitForWrites { get; init; } = true;

    /// <summary>Most writes that may wait; one more is refused.</summary>
    public int QueueCapacity { get; init; } = 1_000_000;

    /// <summary>Gives the bearer token of each call; null calls without one.</summary>
    public IBearerTokens? Tokens { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The address in <c>SKYDRIVER_FLEET_URL</c>, else this machine's; ends in a slash, as the base address of an HTTP client must.</summary>
    /// <exception cref="SkyDriverException">It is no address.</exception>
    public static Uri ServerFromEnvironment() =>
        Environment.GetEnvironmentVariable("SKYDRIVER_FLEET_URL") is not { Length: > 0 } url ? new(DefaultServer)
        : Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" ? address
        : throw new SkyDriverException(0, $"SKYDRIVER_FLEET_URL is '{url}'; give an address such as {DefaultServer}");

    internal SkyDriverClientOptions Of(TimeSpan attemptTimeout) => new()
    {
        Patience = AwayPatience,
        AwayPatience = AwayPatience,
        AttemptTimeout = attemptTimeout,
        FirstPause = RetryDelay,
        LongestPause = RetryDelay,
        RepeatsFaults = false,
        Tokens = Tokens,
        Clock = Clock,
    };
}
