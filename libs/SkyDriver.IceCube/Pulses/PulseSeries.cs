namespace SkyDriver.IceCube;

/// <summary>A named selection of the pulses of an event, ordered by (string, om) and then as read out.</summary>
public sealed class PulseSeries
{
    private readonly int[] modules;
    private readonly int[] starts;
    private readonly int[] indices;

    /// <param name="modules">Ordinals in the table, ascending; a module may be empty only in the series that holds everything.</param>
    /// <param name="starts">Where each module's part of the indices begins, and the end.</param>
    internal PulseSeries(string name, PulseTable table, int[] modules, int[] starts, int[] indices)
    {
        (Name, Table) = (name, table);
        (this.modules, this.starts, this.indices) = (modules, starts, indices);
    }

    public string Name { get; }

    public int Count => indices.Length;

    /// <summary>Modules with at least one pulse of this series.</summary>
    public int ModuleCount => Enumerable.Range(0, modules.Length).Count(place => starts[place + 1] > starts[place]);

    /// <summary>Photo-electrons of all pulses.</summary>
    public double Charge => Pulses.Sum(pulse => pulse.Charge);

    public IEnumerable<Pulse> Pulses => indices.Select(index => Table.Pulses[index]);

    /// <summary>Summed up by module, ordered by (string, om).</summary>
    /// <exception cref="EventFormatException">A pulse of a module without a position.</exception>
    public IReadOnlyList<ModuleHits> ByModule() => PulseCleaning.ByModule(this);

    /// <summary>Places of the pulses in the series that all of an event are drawn from; ascending.</summary>
    public ReadOnlySpan<int> Indices => indices;

    internal PulseTable Table { get; }

    /// <summary>Entries a mask on this series has a bit for.</summary>
    internal int Entries => modules.Length;

    internal ModuleKey ModuleAt(int entry) => Table.Modules[modules[entry]];

    internal ReadOnlySpan<int> IndicesAt(int entry) => indices.AsSpan(starts[entry]..starts[entry + 1]);

    /// <summary>The part of the series that the flags, one per pulse in this series' order, name; modules left empty are dropped.</summary>
    internal PulseSeries Select(string name, ReadOnlySpan<bool> keep)
    {
        var (keptModules, keptStarts, kept) = (new List<int>(modules.Length), new List<int>(starts.Length) { 0 }, new List<int>(indices.Length));
        for (int entry = 0; entry < modules.Length; entry++)
        {
            for (int i = starts[entry]; i < starts[entry + 1]; i++)
                if (keep[i]) kept.Add(indices[i]);
            if (kept.Count == keptStarts[^1]) continue;
            keptModules.Add(modules[entry]);
            keptStarts.Add(kept.Count);
        }

        return new PulseSeries(name, Table, [.. keptModules], [.. keptStarts], [.. kept]);
    }
}

/// <summary>Pulses by module, modules ascending: the storage that every series of an event shares.</summary>
/// <param name="Starts">Where each module's pulses begin, and the end.</param>
internal sealed record PulseTable(ModuleKey[] Modules, int[] Starts, Pulse[] Pulses)
{
    public ReadOnlySpan<Pulse> PulsesOf(int module) => Pulses.AsSpan(Starts[module]..Starts[module + 1]);

    public PulseSeries All(string name) =>
        new(name, this, [.. Enumerable.Range(0, Modules.Length)], Starts, [.. Enumerable.Range(0, Pulses.Length)]);

    /// <summary>Groups pulses by module and sorts them by time. Equal times keep their order, since masks count on it.</summary>
    public static PulseTable From(IEnumerable<Pulse> pulses)
    {
        Pulse[] sorted = [.. pulses.OrderBy(pulse => pulse.String).ThenBy(pulse => pulse.Om).ThenBy(pulse => pulse.Time)];
        var (modules, starts) = (new List<ModuleKey>(), new List<int>());
        for (int i = 0; i < sorted.Length; i++)
        {
            if (i > 0 && sorted[i].String == sorted[i - 1].String && sorted[i].Om == sorted[i - 1].Om) continue;
            modules.Add(new ModuleKey(sorted[i].String, sorted[i].Om));
            starts.Add(i);
        }

        return new PulseTable([.. modules], [.. starts, sorted.Length], sorted);
    }

    /// <summary>The order of modules in every map and mask.</summary>
    public static int Compare(ModuleKey a, ModuleKey b) => (a.String, a.Om, a.Pmt).CompareTo((b.String, b.Om, b.Pmt));
}
