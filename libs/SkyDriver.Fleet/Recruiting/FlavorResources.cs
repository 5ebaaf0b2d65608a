using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>From a flavor to what a launcher is asked for.</summary>
public static class FlavorResources
{
    private const long Gigabyte = 1_000_000_000;

    /// <summary>For a launcher without a catalogue: the lower bounds of the filter are the request, and its image the image.</summary>
    /// <returns>Null when the flavor is a name, which the launcher's own settings explain.</returns>
    public static WorkerResourcesV1? From(string flavor)
    {
        if (!FlavorFilter.IsAuto(flavor) || FlavorFilter.Parse(flavor, []) is not { } filter) return null;
        double cpus = LowerBound(filter, "cpu", 1), ram = LowerBound(filter, "ram", 0), disk = LowerBound(filter, "disk", 0);
        string? image = filter.Conditions.FirstOrDefault(c => c is { Item: "image", Operator: "==" })?.Value;
        if (cpus <= 0 && ram <= 0 && disk <= 0 && image is null) return null;
        return new(Cpus: cpus > 0 ? (int)Math.Min(Math.Ceiling(cpus), int.MaxValue) : null, MemoryBytes: Bytes(ram), DiskBytes: Bytes(disk), Image: image);
    }

    /// <summary>For a line of a catalogue.</summary>
    public static WorkerResourcesV1 From(FlavorV1 line, string? image) => new(
        Cpus: line.Cpu > 0 ? line.Cpu : null, MemoryBytes: Bytes(line.Ram), DiskBytes: Bytes(line.Disk), Image: image ?? line.Image);

    /// <summary>What a worker of this flavor is like, for the filters of recruiters.</summary>
    /// <param name="catalogue">Where a named flavor is looked up.</param>
    /// <returns>Null when nobody knows.</returns>
    public static FlavorV1? Describe(string? flavor, string? provider, string? region, IReadOnlyList<FlavorV1> catalogue)
    {
        if (flavor is null) return null;
        if (!FlavorFilter.IsAuto(flavor))
        {
            FlavorV1? line = catalogue.FirstOrDefault(f => f.Name == flavor && f.Provider == provider && f.Region == region);
            return line is null ? null : line with { Image = line.Image ?? "" };
        }

        WorkerResourcesV1? asked = From(flavor);
        return new()
        {
            Name = flavor,
            Provider = provider ?? "",
            Region = region ?? "",
            Cpu = asked?.Cpus ?? 0,
            Ram = (asked?.MemoryBytes ?? 0) / (double)Gigabyte,
            Disk = (asked?.DiskBytes ?? 0) / (double)Gigabyte,
            Image = asked?.Image ?? "",
        };
    }

    private static double LowerBound(FlavorFilter filter, string item, double step) => filter.Conditions
        .Where(c => c.Item == item)
        .Select(c => c.Operator switch { ">=" or "==" => c.Number, ">" => c.Number + step, _ => 0 })
        .DefaultIfEmpty(0).Max();

    private static long? Bytes(double gigabytes) => gigabytes > 0 ? (long)Math.Min(Math.Ceiling(gigabytes * Gigabyte), long.MaxValue / 2) : null;
}
