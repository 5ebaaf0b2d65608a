using System.Runtime.CompilerServices;

namespace SkyDriver.IceCube.Archive;

/// <summary>One stored object: a class table and an object counter that both start empty, as the format keeps them per buffer.</summary>
internal ref struct ArchiveReader
{
    private const byte PointerTracking = 0, PointerVersion = 1;
    private const short FirstClassId = 2, NullClassId = -1;

    /// <summary>The raw fields; primitives, strings and vectors of primitives have no preamble.</summary>
    public ByteReader Fields;
    private SeenVersions seen;
    private uint objects;

    private ArchiveReader(ReadOnlySpan<byte> buffer, string layer) => Fields = new ByteReader(buffer, layer);

    /// <summary>Reads up to the object's base class. The name is empty for a null pointer.</summary>
    public static ArchiveReader Open(ReadOnlySpan<byte> buffer, string layer, out string className, out byte version)
    {
        var reader = new ArchiveReader(buffer, layer);
        ref ByteReader fields = ref reader.Fields;
        if (fields.U8() != PointerTracking || fields.U8() != PointerVersion) throw fields.Fault("the object does not start as a shared pointer", 2);
        short classId = fields.I16();
        (className, version) = ("", 0);
        if (classId == NullClassId) return reader;
        if (classId != FirstClassId) throw fields.Fault($"class id {classId} where {FirstClassId} or {NullClassId} belongs", 2);
        className = fields.Name(Limits.ClassNameBytes, "class name");
        reader.ReadTracking(tracked: true, className);
        version = reader.ReadVersion();
        reader.ReadObjectId();
        return reader;
    }

    /// <summary>Preamble of an object held by value; gives its class version.</summary>
    public byte Enter(ArchiveClass which)
    {
        ClassTraits traits = ClassTraits.Of(which);
        if (seen[(int)which] == 0)
        {
            ReadTracking(traits.Tracked, traits.Name);
            byte version = ReadVersion();
            if (version < traits.Oldest || version > traits.Newest)
                throw Fields.Fault($"version {version} of {traits.Name} is not known ({traits.Oldest} to {traits.Newest} are)", 1);
            seen[(int)which] = (byte)(version + 1);
        }

        if (traits.Tracked) ReadObjectId();
        return (byte)(seen[(int)which] - 1);
    }

    private void ReadTracking(bool tracked, string name)
    {
        if (Fields.U8() != (tracked ? 1 : 0)) throw Fields.Fault($"{name} has the wrong tracking flag", 1);
    }

    private byte ReadVersion()
    {
        byte version = Fields.U8();
        return version != byte.MaxValue ? version : throw Fields.Fault("a class version is announced as 64-bit", 1);
    }

    /// <summary>An id below the counter would mean "the same object again", a cycle or an alias: no event has them.</summary>
    private void ReadObjectId()
    {
        uint id = Fields.U32();
        if (id != objects) throw Fields.Fault($"object id {id} where {objects} is next", 4);
        objects++;
    }

    /// <summary>Per <see cref="ArchiveClass"/>, version + 1, or 0 before its first occurrence.</summary>
    [InlineArray(16)]
    private struct SeenVersions
    {
        private byte first;
    }
}
