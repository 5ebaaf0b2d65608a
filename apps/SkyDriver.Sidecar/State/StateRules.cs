using System.Globalization;
using System.Security.Cryptography;

namespace SkyDriver.Sidecar.State;

/// <summary>Rules that every store of this process follows.</summary>
internal static class StateRules
{
    /// <param name="stored">The stored ETag; null when the key is missing or expired.</param>
    /// <exception cref="ETagMismatchException">The operation's condition does not hold.</exception>
    public static void Check(in StateOperation operation, string? stored)
    {
        bool holds = string.IsNullOrEmpty(operation.ETag) ? !operation.FirstWrite || stored is null : operation.ETag == stored;
        if (!holds) throw new ETagMismatchException(operation.Key);
    }

    /// <summary>Whether the operation asks anything of the stored value.</summary>
    public static bool HasCondition(in StateOperation operation) => operation.FirstWrite || !string.IsNullOrEmpty(operation.ETag);

    public static DateTimeOffset? Expiry(in StateOperation operation, TimeProvider clock) => operation.Ttl is { } ttl ? clock.GetUtcNow() + ttl : null;
}

/// <summary>Makes ETags that differ from all others, also of other processes and earlier runs on the same data.</summary>
/// <remarks>A random half tells processes apart, a count the writes of one. Thread safe.</remarks>
internal sealed class ETagSource
{
    private readonly long _process = (long)RandomNumberGenerator.GetInt32(int.MaxValue) << 32;
    private uint _count;

    public long Next() => _process | Interlocked.Increment(ref _count);

    public static string Text(long etag) => etag.ToString("x", CultureInfo.InvariantCulture);
}
