using System.Globalization;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.State;

/// <summary>Metadata of state stores that Dapr reads in more than one form.</summary>
internal static class StoreFields
{
    /// <summary>A duration; a plain number counts seconds, and the field may also be called <c>{name}InSeconds</c>.</summary>
    /// <exception cref="ResourceException">The value is no duration.</exception>
    public static TimeSpan? Seconds(this ComponentSpec component, string name)
    {
        string field = component.Value(name) is null ? name + "InSeconds" : name;
        return int.TryParse(component.Value(field), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : component.Duration(field);
    }

    /// <summary>How often expired values are removed; null = never, which 0 and less ask for.</summary>
    /// <exception cref="ResourceException">The value is no duration.</exception>
    public static TimeSpan? CleanupInterval(this ComponentSpec component)
    {
        TimeSpan every = component.Seconds("cleanupInterval") ?? TimeSpan.FromHours(1);
        return every > TimeSpan.Zero ? every : null;
    }
}
