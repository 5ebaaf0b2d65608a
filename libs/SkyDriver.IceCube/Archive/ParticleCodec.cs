namespace SkyDriver.IceCube.Archive;

/// <summary><c>I3Particle</c> and the <c>I3Position</c> and <c>I3Direction</c> inside it.</summary>
internal static class ParticleCodec
{
    private const byte UnreadableVersion = 4, FirstWithMajorId = 2, FirstWithPdgCodes = 5;

    public static Particle Read(ref ArchiveReader reader, byte version)
    {
        ref ByteReader fields = ref reader.Fields;
        if (version == UnreadableVersion) throw fields.Fault("version 4 of I3Particle is not known (1 to 3 and 5 are)");
        int minor = fields.I32();
        ulong major = version >= FirstWithMajorId ? fields.U64() : 0;
        int type = fields.I32();
        var (shape, status) = ((ParticleShape)fields.I32(), (FitStatus)fields.I32());
        reader.Enter(ArchiveClass.Position);
        reader.Enter(ArchiveClass.FrameObject);
        Position position = ReadPosition(ref reader);
        reader.Enter(ArchiveClass.Direction);
        reader.Enter(ArchiveClass.FrameObject);
        double zenith = fields.F64(), azimuth = fields.F64();
        return new Particle(major, minor, version >= FirstWithPdgCodes ? type : 0, shape, status, position, zenith, azimuth,
            Time: fields.F64(), Energy: fields.F64(), Length: fields.F64(), Speed: fields.F64(), Location: fields.I32());
    }

    public static void Write(ArchiveWriter writer, Particle particle)
    {
        writer.I32(particle.MinorId).U64(particle.MajorId).I32(particle.Type).I32((int)particle.Shape).I32((int)particle.Status);
        writer.Enter(ArchiveClass.Position).Enter(ArchiveClass.FrameObject);
        WritePosition(writer, particle.Position);
        writer.Enter(ArchiveClass.Direction).Enter(ArchiveClass.FrameObject).F64(particle.Zenith).F64(particle.Azimuth);
        writer.F64(particle.Time).F64(particle.Energy).F64(particle.Length).F64(particle.Speed).I32(particle.Location);
    }

    public static Position ReadPosition(ref ArchiveReader reader) =>
        new(reader.Fields.F64(), reader.Fields.F64(), reader.Fields.F64());

    public static void WritePosition(ArchiveWriter writer, Position position) =>
        writer.F64(position.X).F64(position.Y).F64(position.Z);
}
