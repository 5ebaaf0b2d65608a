namespace SkyDriver.IceCube;

/// <summary>The online hit cleaning: seeded radius-time, then the fullest 6 µs, then the standard strings.</summary>
/// <remarks>Gives the channel, pulse and charge counts that real alerts publish about themselves.</remarks>
internal sealed class PulseCleaning
{
    private const double Radius = 150, TimeSpan = 1000, Window = 6000;   // m, ns, ns
    private const int Rounds = 3, LinksOfASeed = 2;

    private readonly int[] starts;     // per module of the input, and the end
    private readonly int[] order;      // places in the input, module after module, in each by time
    private readonly double[] times;   // in that order
    private readonly bool[] hlc;
    private readonly int[][] neighbours;

    private PulseCleaning(PulseSeries input)
    {
        (starts, order, times) = (new int[input.Entries + 1], new int[input.Count], new double[input.Count]);
        hlc = new bool[input.Count];
        for (int entry = 0; entry < input.Entries; entry++)
        {
            ReadOnlySpan<int> indices = input.IndicesAt(entry);
            int start = starts[entry];
            starts[entry + 1] = start + indices.Length;
            for (int i = 0; i < indices.Length; i++)
                (order[start + i], times[start + i]) = (start + i, input.Table.Pulses[indices[i]].Time);
            Array.Sort(times, order, start, indices.Length);
            for (int i = start; i < starts[entry + 1]; i++) hlc[i] = input.Table.Pulses[indices[order[i] - start]].IsHlc;
        }

        neighbours = FindNeighbours(input);
    }

    /// <summary>The three cleaning steps, each on top of the one before.</summary>
    /// <exception cref="EventFormatException">A pulse of a module without a position.</exception>
    public static IReadOnlyList<PulseSeries> Clean(PulseSeries input)
    {
        var cleaning = new PulseCleaning(input);
        bool[] linked = cleaning.SeededRadiusTime();
        PulseSeries radiusTime = input.Select("computed:seeded_rt", linked);
        PulseSeries window = radiusTime.Select("computed:seeded_rt+6us", FullestWindow(radiusTime));
        bool[] standard = [.. window.Pulses.Select(pulse => pulse.String <= DetectorGeometry.LastStandardString)];
        return [radiusTime, window, window.Select("computed:seeded_rt+6us-deepcore", standard)];
    }

    /// <summary>Sums a series up by module.</summary>
    public static IReadOnlyList<ModuleHits> ByModule(PulseSeries series, bool hlcOnly = false)
    {
        var hits = new List<ModuleHits>(series.Entries);
        for (int entry = 0; entry < series.Entries; entry++)
        {
            double first = double.PositiveInfinity, charge = 0;
            foreach (int index in series.IndicesAt(entry))
            {
                Pulse pulse = series.Table.Pulses[index];
                if (hlcOnly && !pulse.IsHlc) continue;
                first = Math.Min(first, pulse.Time);
                charge += pulse.Charge;
            }

            Module module = Locate(series.ModuleAt(entry));
            if (double.IsFinite(first)) hits.Add(new ModuleHits(module.String, module.Om, module.X, module.Y, module.Z, first, charge));
        }

        return hits;
    }

    private static Module Locate(ModuleKey key) =>
        key.Pmt == 0 && DetectorGeometry.TryGet(key.String, key.Om, out Module module)
            ? module
            : throw new EventFormatException("event", 0, $"a pulse to reconstruct is on {key}, which has no position");

    private bool[] SeededRadiusTime()
    {
        bool[] selected = Linked(hlc, hlc, LinksOfASeed + 1);   // a pulse links to itself, too
        for (int round = 0; round < Rounds; round++)
        {
            bool[] added = Linked(Array.ConvertAll(selected, already => !already), selected, 1);
            for (int i = 0; i < added.Length; i++) selected[i] |= added[i];
        }

        bool[] inInputOrder = new bool[selected.Length];
        for (int i = 0; i < selected.Length; i++) inInputOrder[order[i]] = selected[i];
        return inInputOrder;
    }

    /// <summary>Which of the wanted pulses have enough flagged ones, themselves included, within radius and time.</summary>
    /// <remarks>At worst linear in pulses per pair of near modules; a module is done as soon as all its wanted pulses have enough.</remarks>
    private bool[] Linked(bool[] wanted, bool[] flagged, int enough)
    {
        int[] before = new int[flagged.Length + 1];
        for (int i = 0; i < flagged.Length; i++) before[i + 1] = before[i] + (flagged[i] ? 1 : 0);
        int[] links = new int[flagged.Length];
        for (int entry = 0; entry < neighbours.Length; entry++)
        {
            foreach (int near in neighbours[entry])
            {
                if (!AnyMissing(entry, wanted, links, enough)) break;
                if (before[starts[near]] != before[starts[near + 1]]) AddLinks(entry, near, before, links);
            }
        }

        return [.. links.Zip(wanted, (count, want) => want && count >= enough)];
    }

    private bool AnyMissing(int entry, bool[] wanted, int[] links, int enough)
    {
        for (int i = starts[entry]; i < starts[entry + 1]; i++)
            if (wanted[i] && links[i] < enough) return true;
        return false;
    }

    private void AddLinks(int entry, int near, int[] before, int[] links)
    {
        int low = starts[near], high = low, end = starts[near + 1];
        for (int i = starts[entry]; i < starts[entry + 1]; i++)
        {
            while (low < end && times[low] < times[i] - TimeSpan) low++;
            while (high < end && times[high] <= times[i] + TimeSpan) high++;
            links[i] += before[high] - before[low];
        }
    }

    /// <summary>Quadratic in modules, of which the detector has 5160, never in pulses.</summary>
    private static int[][] FindNeighbours(PulseSeries input)
    {
        Module[] modules = [.. Enumerable.Range(0, input.Entries).Select(entry => Locate(input.ModuleAt(entry)))];
        var near = Array.ConvertAll(modules, _ => new List<int>());
        for (int a = 0; a < modules.Length; a++)
        {
            near[a].Add(a);
            for (int b = a + 1; b < modules.Length; b++)
            {
                double dx = modules[a].X - modules[b].X, dy = modules[a].Y - modules[b].Y, dz = modules[a].Z - modules[b].Z;
                if (dx * dx + dy * dy + dz * dz > Radius * Radius) continue;
                near[a].Add(b);
                near[b].Add(a);
            }
        }

        return Array.ConvertAll(near, list => list.ToArray());
    }

    private static bool[] FullestWindow(PulseSeries series)
    {
        double[] sorted = [.. series.Pulses.Select(pulse => pulse.Time).Order()];
        int most = 0, best = 0;
        for (int low = 0, high = 0; low < sorted.Length; low++)
        {
            while (high < sorted.Length && sorted[high] <= sorted[low] + Window) high++;
            if (high - low > most) (most, best) = (high - low, low);
        }

        return [.. series.Pulses.Select(pulse => pulse.Time >= sorted[best] && pulse.Time <= sorted[best] + Window)];
    }
}
