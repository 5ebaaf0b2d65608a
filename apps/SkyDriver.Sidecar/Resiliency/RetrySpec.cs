namespace SkyDriver.Sidecar.Resiliency;

/// <summary>When and how often a failed attempt is made again.</summary>
/// <param name="Exponential">Pauses grow by half from half a second on, each spread by half of itself; else each lasts <paramref name="Duration"/>.</param>
/// <param name="MaxInterval">Longest pause before it is spread.</param>
/// <param name="MaxRetries">After the first attempt; −1 = for ever.</param>
/// <param name="HttpStatuses">Only these are tried again; null = all failures, as with <paramref name="GrpcStatuses"/>.</param>
internal sealed record RetrySpec(
    bool Exponential, TimeSpan Duration, TimeSpan MaxInterval, int MaxRetries, StatusRanges? HttpStatuses = null, StatusRanges? GrpcStatuses = null)
{
    private const double FirstSeconds = 0.5, Growth = 1.5, Spread = 0.5;

    public static TimeSpan DefaultDuration { get; } = TimeSpan.FromSeconds(5);

    public static TimeSpan DefaultMaxInterval { get; } = TimeSpan.FromSeconds(60);

    /// <summary>What Dapr does by itself for calls of other apps and of actors, where the way to them breaks.</summary>
    public static RetrySpec BuiltIn { get; } = new(false, TimeSpan.FromSeconds(1), DefaultMaxInterval, 3);

    /// <param name="made">Repetitions so far.</param>
    public bool Covers(Verdict failure, int made) => (MaxRetries < 0 || made < MaxRetries) && failure.IsIn(HttpStatuses, GrpcStatuses);

    /// <param name="retry">1 for the first repetition.</param>
    /// <param name="dice">In [0, 1).</param>
    public TimeSpan Pause(int retry, double dice)
    {
        if (!Exponential) return Duration;
        double seconds = Math.Min(FirstSeconds * Math.Pow(Growth, Math.Min(retry - 1, 100)), MaxInterval.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (1 + Spread * (2 * dice - 1)));
    }
}
