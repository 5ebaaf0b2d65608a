using SkyDriver.IceCube.Archive;
using SkyDriver.IceCube.Frames;

namespace SkyDriver.IceCube;

/// <summary>Follows masks from a split's pulses to the readout they select from, and applies them.</summary>
internal sealed class SeriesResolver(Frame physics, Frame readout)
{
    private readonly List<PulseSeries> resolved = [];

    /// <summary>All series on the way, widest first.</summary>
    public IReadOnlyList<PulseSeries> Resolved => resolved;

    /// <summary>Null when the pulses were stored in full.</summary>
    public SuperDstCounters? Counters { get; private set; }

    /// <exception cref="EventFormatException">A missing or unreadable source, a cycle, a long chain, or masks of the wrong length.</exception>
    public PulseSeries Resolve(string key) => Resolve(key, []);

    private PulseSeries Resolve(string key, HashSet<string> chain)
    {
        if (!chain.Add(key)) throw new EventFormatException("mask", 0, $"the mask {key} selects from itself");
        if (chain.Count > Limits.MaskChain) throw new EventFormatException("mask", 0, $"more than {Limits.MaskChain} masks in a chain");
        Slot slot = physics.Find(key) ?? readout.Find(key)
            ?? throw new EventFormatException("mask", 0, $"the pulses {key} are in neither the P nor the Q frame");
        PulseSeries series = slot.Decode() switch
        {
            PulseMask mask => Apply(mask, Resolve(mask.Source, chain), slot),
            PulseTable table => table.All(key),
            CompactPulses record => Unpack(record, slot),
            _ => throw new EventFormatException("mask", 0, $"{key} is a {slot.ClassName}, not pulses or a mask on pulses"),
        };
        resolved.Add(series);
        return series;
    }

    private PulseSeries Unpack(CompactPulses record, Slot slot)
    {
        (PulseTable table, Counters) = CompactUnpacker.Unpack(record, $"superdst {slot.Key} of frame {slot.Stream}");
        return table.All(slot.Key);
    }

    private static PulseSeries Apply(PulseMask mask, PulseSeries source, Slot slot)
    {
        string layer = $"mask {slot.Key} of frame {slot.Stream}";
        if (mask.Modules.Length != source.Entries)
            throw new EventFormatException(layer, 0, $"{mask.Modules.Length} module bits for the {source.Entries} modules of {source.Name}");
        bool[] keep = new bool[source.Count];
        int used = 0, place = 0;
        for (int entry = 0; entry < source.Entries; entry++)
        {
            int length = source.IndicesAt(entry).Length;
            if (mask.Modules[entry])
            {
                if (used == mask.Pulses.Length) throw new EventFormatException(layer, 0, $"fewer pulse masks than set module bits");
                BitMask bits = mask.Pulses[used++];
                if (bits.Length != length)
                    throw new EventFormatException(layer, 0, $"{bits.Length} pulse bits for the {length} pulses of {source.ModuleAt(entry)}");
                for (int i = 0; i < length; i++) keep[place + i] = bits[i];
            }

            place += length;
        }

        if (used != mask.Pulses.Length) throw new EventFormatException(layer, 0, $"{mask.Pulses.Length} pulse masks for {used} set module bits");
        return source.Select(slot.Key, keep);
    }
}
