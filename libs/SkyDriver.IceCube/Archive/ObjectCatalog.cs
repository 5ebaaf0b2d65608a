using System.Collections.Frozen;

namespace SkyDriver.IceCube.Archive;

internal delegate T ReadFields<out T>(ref ArchiveReader reader);

internal delegate T ReadVersionedFields<out T>(ref ArchiveReader reader, byte version);

internal delegate void WriteFields<in T>(ArchiveWriter writer, T value);

/// <summary>How one class of object is stored, behind its base class.</summary>
/// <param name="ValueType">What it is in memory.</param>
/// <param name="TypeName">What a frame calls it.</param>
/// <param name="Newest">Newest version we read, and the one we write.</param>
/// <param name="Write">Null when we only read a part of it.</param>
internal sealed record ObjectCodec(
    string ClassName, Type ValueType, string TypeName, byte Oldest, byte Newest, ReadVersionedFields<object> Read, WriteFields<object>? Write);

/// <summary>The classes we read, by the name inside the object; all others stay unread bytes.</summary>
internal static class ObjectCatalog
{
    private static readonly ObjectCodec[] Codecs =
    [
        Versioned("I3EventHeader", "I3EventHeader", 0, 3, HeaderCodec.Read, HeaderCodec.Write),
        Versioned("I3Particle", "I3Particle", 1, 5, ParticleCodec.Read, ParticleCodec.Write),
        Codec("I3Position", "I3Position", 0, ParticleCodec.ReadPosition, ParticleCodec.WritePosition),
        Codec("I3Double", "I3PODHolder<double>", 0, (ref r) => r.Fields.F64(), (w, value) => w.F64(value)),
        Codec("I3Bool", "I3PODHolder<bool>", 0, (ref r) => r.Fields.Bool(), (w, value) => w.U8(value ? (byte)1 : (byte)0)),
        Codec("I3Int", "I3PODHolder<int>", 0, (ref r) => r.Fields.I32(), (w, value) => w.I32(value)),
        Codec("I3String", "I3PODHolder<__cxx11::string >", 0,
            (ref r) => r.Fields.Text(Limits.StringBytes, "string"), (w, value) => w.Text(value)),
        Codec("I3TimeWindow", "I3TimeWindow", 1,
            (ref r) => new TimeWindow(r.Fields.F64(), r.Fields.F64()), (w, value) => w.F64(value.Start).F64(value.Stop)),
        Codec("I3LogLikelihoodFitParams", "I3LogLikelihoodFitParams", 0,
            (ref r) => new FitParameters(r.Fields.F64(), r.Fields.F64(), r.Fields.I32(), r.Fields.I32()),
            (w, value) => w.F64(value.LogLikelihood).F64(value.ReducedLogLikelihood).I32(value.DegreesOfFreedom).I32(value.Evaluations)),
        Codec("I3VectorOMKey", "I3Vector<OMKey>", 0, ModuleKeyCodec.ReadVector, ModuleKeyCodec.WriteVector),
        Codec("I3VectorChar", "I3Vector<char>", 0,
            (ref r) => r.Fields.LengthPrefixed(Limits.StringBytes, "an I3VectorChar").ToArray(),
            (w, value) => w.U32((uint)value.Length).Bytes(value)),
        Codec("I3RecoPulseSeriesMap", "I3Map<OMKey, vector<I3RecoPulse> >", 0, PulseMapCodec.Read, PulseMapCodec.Write),
        Codec("I3RecoPulseSeriesMapMask", "I3RecoPulseSeriesMapMask", 2, PulseMaskCodec.Read, PulseMaskCodec.Write),
        Codec("I3SuperDST", "I3SuperDST", 1, CompactPulsesCodec.Read, CompactPulsesCodec.Write),
        Codec("I3GeometryDiff", "I3GeometryDiff", 0, ReadDifference, null),
        Codec("I3CalibrationDiff", "I3CalibrationDiff", 0, ReadDifference, null),
        Codec("I3DetectorStatusDiff", "I3DetectorStatusDiff", 0, ReadDifference, null),
    ];

    private static readonly FrozenDictionary<string, ObjectCodec> ByClass = Codecs.ToFrozenDictionary(codec => codec.ClassName);
    private static readonly FrozenDictionary<Type, ObjectCodec> ByType =
        Codecs.Where(codec => codec.Write is not null).ToFrozenDictionary(codec => codec.ValueType);

    /// <summary>Null when the class is not one of ours.</summary>
    public static ObjectCodec? Find(string className) => ByClass.GetValueOrDefault(className);

    /// <summary>Pulses and masks are large, and most of them are not on the way to the series in use.</summary>
    public static bool HoldsPulses(string className) =>
        Find(className)?.ValueType is { } type && (type == typeof(PulseTable) || type == typeof(PulseMask) || type == typeof(CompactPulses));

    /// <summary>The object in a buffer; null when its class is not one of ours.</summary>
    /// <exception cref="EventFormatException">A known class with a fault in it, or one byte too many.</exception>
    public static object? Read(ReadOnlySpan<byte> buffer, string layer)
    {
        ArchiveReader reader = ArchiveReader.Open(buffer, layer, out string className, out byte version);
        if (Find(className) is not { } codec) return null;
        if (version < codec.Oldest || version > codec.Newest)
            throw reader.Fields.Fault($"version {version} of {className} is not known ({codec.Oldest} to {codec.Newest} are)", 5);
        reader.Enter(ArchiveClass.FrameObject);
        object value = codec.Read(ref reader, version);
        if (codec.Write is not null) reader.Fields.ExpectEnd();
        return value;
    }

    public static (string TypeName, byte[] Buffer) Write(object value)
    {
        ObjectCodec codec = ByType[value.GetType()];
        var writer = new ArchiveWriter(codec.ClassName, codec.Newest);
        writer.Enter(ArchiveClass.FrameObject);
        codec.Write!(writer, value);
        return (codec.TypeName, writer.ToArray());
    }

    private static ObjectCodec Codec<T>(
        string className, string typeName, byte version, ReadFields<T> read, WriteFields<T>? write) where T : notnull =>
        Versioned(className, typeName, version, version, (ref reader, _) => read(ref reader), write);

    private static ObjectCodec Versioned<T>(
        string className, string typeName, byte oldest, byte newest, ReadVersionedFields<T> read, WriteFields<T>? write) where T : notnull =>
        new(className, typeof(T), typeName, oldest, newest, (ref reader, version) => read(ref reader, version),
            write is null ? null : (writer, value) => write(writer, (T)value));

    /// <summary>Behind the name follows what differs, in a private form.</summary>
    private static GcdDifference ReadDifference(ref ArchiveReader reader) =>
        new(reader.Fields.Text(Limits.StringBytes, "name of the detector description"));
}

/// <summary>Difference to a detector description that the event does not carry, of which we read the name.</summary>
internal sealed record GcdDifference(string Baseline);
