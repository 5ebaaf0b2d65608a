namespace SkyDriver.IceCube.Archive;

/// <summary><c>OMKey</c>, alone inside other classes or in a vector.</summary>
internal static class ModuleKeyCodec
{
    private const byte FirstWithoutBase = 2, FirstWithPmt = 1;
    private const int SmallestKey = 8;

    public static ModuleKey Read(ref ArchiveReader reader)
    {
        byte version = reader.Enter(ArchiveClass.ModuleKey);
        if (version < FirstWithoutBase) reader.Enter(ArchiveClass.FrameObject);
        int @string = reader.Fields.I32();
        uint om = reader.Fields.U32();
        if (@string is < 1 or > DetectorGeometry.StringCount || om is < 1 or > Limits.LastOm)
            throw reader.Fields.Fault($"the detector has no module ({@string}, {om})", 8);
        return new ModuleKey(@string, (int)om, version >= FirstWithPmt ? reader.Fields.U8() : (byte)0);
    }

    public static void Write(ArchiveWriter writer, ModuleKey key) =>
        writer.Enter(ArchiveClass.ModuleKey).I32(key.String).U32((uint)key.Om).U8(key.Pmt);

    public static ModuleKey[] ReadVector(ref ArchiveReader reader)
    {
        reader.Enter(ArchiveClass.ModuleKeyVector);
        var keys = new ModuleKey[reader.Fields.Count(SmallestKey, Limits.Pulses, "modules")];
        for (int i = 0; i < keys.Length; i++) keys[i] = Read(ref reader);
        return keys;
    }

    public static void WriteVector(ArchiveWriter writer, ModuleKey[] keys)
    {
        writer.Enter(ArchiveClass.ModuleKeyVector).U32((uint)keys.Length);
        foreach (ModuleKey key in keys) Write(writer, key);
    }
}
