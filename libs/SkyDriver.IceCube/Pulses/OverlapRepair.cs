namespace SkyDriver.IceCube;

/// <summary>Quantised pulses of a module may overlap or coincide; this trims them as the reference unpacker does.</summary>
internal static class OverlapRepair
{
    /// <param name="pulses">Of one module, by time; number and order stay.</param>
    /// <returns>How many pulses were moved.</returns>
    public static int Apply(Span<Pulse> pulses)
    {
        int repairs = 0;
        bool pending = false;   // the first pulse got no width and had no predecessor to share one with
        for (int i = 0; i < pulses.Length; i++)
        {
            double full = pulses[i].Width;
            if (i < pulses.Length - 1)
            {
                double width = Math.Min(full, pulses[i + 1].Time - pulses[i].Time);
                pulses[i] = pulses[i] with { Width = width };
                if (i == 0 && width == 0) pending = true;
                if (i == 0 || (width != 0 && !pending)) continue;
            }
            else if (!pending)
            {
                continue;
            }

            ShareInterval(ref pulses[i - 1], ref pulses[i], full);
            pending = false;
            repairs++;
        }

        return repairs;
    }

    /// <summary>The predecessor keeps the first half of its interval; the pulse gets the second, and its place.</summary>
    private static void ShareInterval(ref Pulse predecessor, ref Pulse pulse, double fullWidth)
    {
        double half = (predecessor.Width == 0 ? fullWidth : predecessor.Width) / 2;
        predecessor = predecessor with { Width = half };
        pulse = pulse with { Width = half, Time = predecessor.Time + half };
    }
}
