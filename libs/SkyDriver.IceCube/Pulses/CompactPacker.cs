using SkyDriver.IceCube.Archive;

namespace SkyDriver.IceCube;

/// <summary>Packs pulses into the compact record: 1 ns, 0.05 photo-electrons (surface tanks: logarithmic), widths as powers of two.</summary>
internal static class CompactPacker
{
    private const double LongestGroup = 6450;   // ns from a group's first pulse
    private const int LargestWidthCode = 15;

    /// <exception cref="ArgumentException">A pulse is more than 512 ns before the readout or not on a module of the detector.</exception>
    public static CompactPulses Pack(IEnumerable<Pulse> pulses)
    {
        Pulse[] usable = [.. pulses.Where(pulse => double.IsFinite(pulse.Time) && double.IsFinite(pulse.Charge))];
        foreach (Pulse pulse in usable)
        {
            if (pulse.Time < CompactUnpacker.FirstTimeOffset || pulse.Time > Limits.PulseTime
                || pulse.String is < 1 or > DetectorGeometry.StringCount || pulse.Om is < 1 or > Limits.LastOm)
                throw new ArgumentException($"{pulse} does not fit in a compact pulse record.", nameof(pulses));
        }

        var output = new Output();
        long previous = 0;
        foreach (List<Pulse> group in usable.GroupBy(pulse => (pulse.String, pulse.Om)).SelectMany(Split).OrderBy(group => group[0].Time))
            previous = output.Write(group, previous);
        return output.ToRecord();
    }

    private static IEnumerable<List<Pulse>> Split(IEnumerable<Pulse> module)
    {
        List<Pulse> group = [];
        foreach (Pulse pulse in module.OrderBy(pulse => pulse.Time))
        {
            bool fits = group.Count > 0 && pulse.IsHlc == group[0].IsHlc && pulse.Time - group[0].Time <= LongestGroup
                && pulse.Om <= DetectorGeometry.ModulesPerString;
            if (!fits && group.Count > 0) yield return group;
            if (!fits) group = [];
            group.Add(pulse);
        }

        if (group.Count > 0) yield return group;
    }

    private static long TimeCode(double time) =>
        (long)Math.Round(time - CompactUnpacker.FirstTimeOffset, MidpointRounding.AwayFromZero);

    private sealed class Output
    {
        private readonly List<ushort> stamps = [], headers = [];
        private readonly List<byte> extra = [];
        private readonly List<int>[] widthCodes = [[], [], [], []];

        /// <returns>The time code of the group's first pulse, from which the next group counts.</returns>
        public long Write(List<Pulse> group, long previous)
        {
            bool surface = group[0].Om > DetectorGeometry.ModulesPerString;
            int head = headers.Count;
            headers.Add((ushort)(group[0].Om - 1 | group[0].String << 6));
            for (int i = 0; i < group.Count; i++)
            {
                Pulse pulse = group[i];
                long time = TimeCode(pulse.Time), step = time - previous;
                int limit = (1 << (i == 0 ? CompactUnpacker.HeaderTimeBits : CompactUnpacker.StampTimeBits)) - 1;
                int code = (int)Math.Min(step, limit);
                if (i == 0) headers[head] |= (ushort)(code >> CompactUnpacker.StampTimeBits << 13);
                long charge = surface ? SurfaceCharge(pulse.Charge) : (long)Math.Floor(Math.Max(pulse.Charge, 0) / CompactUnpacker.ChargeStep);
                int chargeLimit = (1 << CompactUnpacker.ChargeBits) - 1;
                int low = surface ? (int)charge & chargeLimit : (int)Math.Min(charge, chargeLimit);
                stamps.Add((ushort)(code & 0xFF | low << CompactUnpacker.StampTimeBits
                    | (pulse.IsHlc ? CompactUnpacker.HlcBit : 0) | (i == group.Count - 1 ? CompactUnpacker.StopBit : 0)));
                if (code == limit) WriteOverflow(step - limit);
                if (surface) extra.Add((byte)(charge >> CompactUnpacker.ChargeBits));
                else if (low == chargeLimit) WriteOverflow(charge - chargeLimit);
                widthCodes[(surface ? 2 : 0) + (pulse.IsHlc ? 1 : 0)].Add(WidthCode(pulse.Width));
                previous = time;
            }

            return TimeCode(group[0].Time);
        }

        public CompactPulses ToRecord() => new([.. stamps], [.. headers], Array.ConvertAll(widthCodes, RunLengths), [.. extra]);

        private static long SurfaceCharge(double charge) =>
            (long)Math.Clamp(Math.Round((Math.Log10(charge) + 2) / CompactUnpacker.SurfaceChargeScale), 0, 16383);

        private static int WidthCode(double width) =>
            Math.Min(LargestWidthCode, (int)Math.Ceiling(Math.Log2(Math.Ceiling(Math.Max(width, 1)))));

        private void WriteOverflow(long rest)
        {
            ushort next;
            do
            {
                next = (ushort)Math.Min(rest, CompactUnpacker.OverflowWord);
                stamps.Add(next);
                rest -= next;
            }
            while (next == CompactUnpacker.OverflowWord);
        }

        /// <summary>Per run of equal codes, its length in nibbles, least significant first, each above the code's nibble.</summary>
        private static byte[] RunLengths(List<int> codes)
        {
            var bytes = new List<byte>();
            for (int i = 0, end; i < codes.Count; i = end)
            {
                for (end = i; end < codes.Count && codes[end] == codes[i];) end++;
                for (int length = end - i; length > 0; length >>= 4) bytes.Add((byte)((length & 0xF) << 4 | codes[i]));
            }

            return [.. bytes];
        }
    }
}
