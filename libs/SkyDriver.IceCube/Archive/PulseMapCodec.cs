namespace SkyDriver.IceCube.Archive;

/// <summary><c>I3RecoPulseSeriesMap</c>: pulses in full precision, by module.</summary>
internal static class PulseMapCodec
{
    private const byte FirstWithDoubleTime = 3;
    private const int SmallestEntry = 16, SmallestPulse = 17;

    public static PulseTable Read(ref ArchiveReader reader)
    {
        reader.Enter(ArchiveClass.PulseMap);
        int count = reader.Fields.Count(SmallestEntry, Limits.Pulses, "modules");
        var modules = new ModuleKey[count];
        int[] starts = new int[count + 1];
        var pulses = new List<Pulse>();
        for (int i = 0; i < count; i++)
        {
            reader.Enter(ArchiveClass.PulsePair);
            modules[i] = ModuleKeyCodec.Read(ref reader);
            if (i > 0 && PulseTable.Compare(modules[i - 1], modules[i]) >= 0)
                throw reader.Fields.Fault($"module {modules[i]} is not above the one before it");
            ReadPulses(ref reader, modules[i], pulses);
            starts[i + 1] = pulses.Count;
        }

        return new PulseTable(modules, starts, [.. pulses]);
    }

    public static void Write(ArchiveWriter writer, PulseTable table)
    {
        writer.Enter(ArchiveClass.PulseMap).U32((uint)table.Modules.Length);
        for (int i = 0; i < table.Modules.Length; i++)
        {
            writer.Enter(ArchiveClass.PulsePair);
            ModuleKeyCodec.Write(writer, table.Modules[i]);
            writer.Enter(ArchiveClass.PulseVector).U32((uint)table.PulsesOf(i).Length);
            foreach (Pulse pulse in table.PulsesOf(i))
                writer.Enter(ArchiveClass.Pulse).F64(pulse.Time).F32((float)pulse.Charge).F32((float)pulse.Width).U8(pulse.Flags);
        }
    }

    private static void ReadPulses(ref ArchiveReader reader, ModuleKey module, List<Pulse> pulses)
    {
        reader.Enter(ArchiveClass.PulseVector);
        ref ByteReader fields = ref reader.Fields;
        int count = fields.Count(SmallestPulse, Limits.Pulses - pulses.Count, "pulses");
        for (int i = 0; i < count; i++)
        {
            byte version = reader.Enter(ArchiveClass.Pulse);
            double time = version >= FirstWithDoubleTime ? fields.F64() : fields.F32();
            float charge = fields.F32(), width = fields.F32();
            if (!double.IsFinite(time) || !float.IsFinite(charge)) throw fields.Fault($"a pulse of {module} has time {time} and charge {charge}", 16);
            pulses.Add(new Pulse(module.String, module.Om, time, charge, width, fields.U8()));
        }
    }
}
