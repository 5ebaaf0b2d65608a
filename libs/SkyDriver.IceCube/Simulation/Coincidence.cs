namespace SkyDriver.IceCube.Simulation;

/// <summary>The hardware's local coincidence: light within a microsecond on a module at most two places up or down the string.</summary>
internal static class Coincidence
{
    private const double Span = 1000;   // ns
    private const int Reach = 2;

    /// <param name="pulses">Ordered by (string, om, time).</param>
    public static Pulse[] Mark(IReadOnlyList<Pulse> pulses)
    {
        Pulse[] marked = [.. pulses];
        PulseTable table = PulseTable.From(pulses);
        for (int a = 0; a < table.Modules.Length; a++)
        {
            for (int b = a + 1; b < table.Modules.Length && AreNear(table.Modules[a], table.Modules[b]); b++)
            {
                MarkNear(marked.AsSpan(table.Starts[a]..table.Starts[a + 1]), table.PulsesOf(b));
                MarkNear(marked.AsSpan(table.Starts[b]..table.Starts[b + 1]), table.PulsesOf(a));
            }
        }

        return marked;
    }

    private static bool AreNear(ModuleKey a, ModuleKey b) => a.String == b.String && b.Om - a.Om <= Reach;

    private static void MarkNear(Span<Pulse> module, ReadOnlySpan<Pulse> other)
    {
        int low = 0;
        for (int i = 0; i < module.Length; i++)
        {
            while (low < other.Length && other[low].Time < module[i].Time - Span) low++;
            if (low < other.Length && other[low].Time <= module[i].Time + Span)
                module[i] = module[i] with { Flags = CompactUnpacker.HlcFlags };
        }
    }
}
