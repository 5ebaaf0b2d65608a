namespace SkyDriver.Sidecar.State;

/// <summary>Rules that every store of this process follows.</summary>
internal static class StateRules
{
    /// <param name="stored">The stored ETag; null when the key is missing.</param>
    /// <exception cref="ETagMismatchException">The operation's condition does not hold.</exception>
    public static void Check(in StateOperation operation, string? stored)
    {
        if (!string.IsNullOrEmpty(operation.ETag))
        {
            if (operation.ETag != stored) throw new ETagMismatchException(operation.Key);
        }
        else if (operation.FirstWrite && stored is not null)
        {
            throw new ETagMismatchException(operation.Key);
        }
    }

    public static DateTimeOffset? Expiry(in StateOperation operation, TimeProvider clock) => operation.Ttl is { } ttl ? clock.GetUtcNow() + ttl : null;
}
