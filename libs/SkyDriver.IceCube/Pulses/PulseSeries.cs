namespace SkyDriver.IceCube;

/// <summary>A named selection of the pulses of an event, ordered by (string, om, time).</summary>
public sealed class PulseSeries
{
    private readonly int[] indices;

    internal PulseSeries(string name, PulseTable table, int[] indices)
    {
        Name = name;
        Table = table;
        this.indices = indices;
    }

    public string Name { get; }

    public int Count => indices.Length;

    /// <summary>Places of the selected pulses in the series all others are drawn from; ascending.</summary>
    public ReadOnlySpan<int> Indices => indices;

    /// <summary>Modules with at least one pulse of this series.</summary>
    public int ModuleCount
    {
        get
        {
            int count = 0, last = -1;
            foreach (int index in indices)
                if (Table.ModuleOf[index] is var module && module != last) (last, count) = (module, count + 1);
            return count;
        }
    }

    /// <summary>Photo-electrons of all pulses.</summary>
    public double Charge => Pulses.Sum(pulse => pulse.Charge);

    public IEnumerable<Pulse> Pulses => indices.Select(index => Table.Pulses[index]);

    internal PulseTable Table { get; }

    internal PulseSeries Select(string name, Predicate<int> keep) => new(name, Table, Array.FindAll(indices, keep));
}

/// <summary>Pulses grouped by module, modules ascending; the storage that every series of an event shares.</summary>
/// <param name="Pulses">Module after module, in each by time.</param>
/// <param name="ModuleOf">Per pulse, the ordinal of its module.</param>
internal sealed record PulseTable(Pulse[] Pulses, int[] ModuleOf)
{
    public PulseSeries All(string name) => new(name, this, [.. Enumerable.Range(0, Pulses.Length)]);
}
