using System.Buffers.Binary;
using System.Text;
using SkyDriver.IceCube.Archive;

namespace SkyDriver.IceCube.Envelope;

/// <summary>Gets the bytes out of a pickled frame without unpickling: the opcodes must be those of one frame object, in order.</summary>
/// <remarks>
/// Nothing is looked up, called or built; a name is only compared. Protocol 2 holds the state as raw bytes (2016 to 2022) or, since
/// 2023, as text to be encoded to Latin-1; protocol 4 (between scanners) as raw bytes with names on the stack. Opcodes: Python's pickletools.
/// </remarks>
internal ref struct PickleWalker
{
    private const byte Proto = 0x80, Frame = 0x95, Global = (byte)'c', StackGlobal = 0x93, EmptyTuple = (byte)')', Reduce = (byte)'R',
        EmptyDict = (byte)'}', Tuple2 = 0x86, Build = (byte)'b', Stop = (byte)'.',
        BinString = (byte)'T', ShortBinString = (byte)'U', BinBytes = (byte)'B', ShortBinBytes = (byte)'C',
        BinUnicode = (byte)'X', ShortBinUnicode = 0x8C, BinPut = (byte)'q', LongBinPut = (byte)'r', Memoize = 0x94;
    private const int LongestName = 64;

    private static readonly string[] FrameModules = ["icecube.icetray", "icecube._icetray"];
    private static readonly string[] CodecModules = ["_codecs"];
    private readonly ReadOnlyMemory<byte> pickle;
    private ByteReader bytes;
    private int opcodes;

    private PickleWalker(ReadOnlyMemory<byte> pickle, string layer)
    {
        this.pickle = pickle;
        bytes = new ByteReader(pickle.Span, layer);
    }

    /// <summary>The frame blob inside the pickle.</summary>
    public static ReadOnlyMemory<byte> FindBlob(ReadOnlyMemory<byte> pickle, char frame) =>
        new PickleWalker(pickle, $"pickle of frame {frame}").Walk();

    /// <summary>The protocol 2 pickle with raw bytes, as messages had it to 2022.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> blob)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, blob.Length);
        return
        [
            Proto, 2, .. "cicecube.icetray\nI3Frame\n"u8, BinPut, 1, EmptyTuple, Reduce, BinPut, 2, EmptyDict, BinPut, 3,
            BinString, .. length, .. blob, Tuple2, Build, Stop,
        ];
    }

    private ReadOnlyMemory<byte> Walk()
    {
        Expect(Proto);
        if (bytes.U8() is not (2 or 4) and var protocol) throw bytes.Fault($"pickle protocol {protocol} is not 2 or 4", 1);
        ExpectGlobal(Next(), FrameModules, "I3Frame");
        Expect(EmptyTuple);
        Expect(Reduce);
        Expect(EmptyDict);
        ReadOnlyMemory<byte> blob = State(Next());
        Expect(Tuple2);
        Expect(Build);
        Expect(Stop);
        bytes.ExpectEnd();
        return blob;
    }

    private ReadOnlyMemory<byte> State(byte opcode)
    {
        if (opcode is BinString or ShortBinString or BinBytes or ShortBinBytes) return pickle[Operand(opcode)];
        ExpectGlobal(opcode, CodecModules, "encode");
        Range text = TextOperand(Next());
        Range codec = TextOperand(Next());
        if (!pickle.Span[codec].SequenceEqual("latin1"u8)) throw bytes.Fault("the blob's text is not to be encoded as latin1", codec.End.Value - codec.Start.Value);
        Expect(Tuple2);
        Expect(Reduce);
        return FromLatin1Text(pickle.Span[text], text.Start.Value);
    }

    /// <summary>The next opcode that does anything: memo entries are never fetched again and frames only group bytes.</summary>
    private byte Next()
    {
        while (true)
        {
            if (++opcodes > Limits.PickleOpcodes) throw bytes.Fault($"more than {Limits.PickleOpcodes} opcodes");
            byte opcode = bytes.U8();
            switch (opcode)
            {
                case BinPut: bytes.U8(); break;
                case LongBinPut: bytes.U32(); break;
                case Frame: bytes.U64(); break;
                case Memoize: break;
                default: return opcode;
            }
        }
    }

    private void Expect(byte wanted)
    {
        if (Next() is var opcode && opcode != wanted) throw Unexpected(opcode);
    }

    private readonly EventFormatException Unexpected(byte opcode) =>
        bytes.Fault($"opcode 0x{opcode:X2} does not belong here in a pickled frame, and is not executed", 1);

    private Range Operand(byte opcode)
    {
        int length = opcode is ShortBinString or ShortBinBytes or ShortBinUnicode
            ? bytes.U8()
            : bytes.Count(1, Limits.InflatedBytes, "bytes of an operand");
        bytes.Take(length);
        return (bytes.Position - length)..bytes.Position;
    }

    private Range TextOperand(byte opcode) => opcode is BinUnicode or ShortBinUnicode ? Operand(opcode) : throw Unexpected(opcode);

    private void ExpectGlobal(byte opcode, string[] modules, string wanted)
    {
        string module, name;
        if (opcode == Global)
        {
            (module, name) = (Line(), Line());
        }
        else
        {
            module = Encoding.Latin1.GetString(pickle.Span[TextOperand(opcode)]);
            name = Encoding.Latin1.GetString(pickle.Span[TextOperand(Next())]);
            Expect(StackGlobal);
        }

        if (!modules.Contains(module) || name != wanted)
            throw bytes.Fault($"a name other than {modules[^1]}.{wanted} is called for; nothing in a pickle is ever executed");
    }

    private string Line()
    {
        int length = pickle.Span[bytes.Position..].IndexOf((byte)'\n');
        if (length is < 0 or > LongestName) throw bytes.Fault("a name has no end");
        string line = Encoding.Latin1.GetString(bytes.Take(length));
        bytes.U8();
        return line;
    }

    /// <summary>UTF-8 text whose code points are the blob's bytes: one byte below 0x80, else C2 or C3 and a continuation byte.</summary>
    private readonly byte[] FromLatin1Text(ReadOnlySpan<byte> text, int start)
    {
        byte[] blob = new byte[text.Length - text.Count((byte)0xC2) - text.Count((byte)0xC3)];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte lead = text[i];
            if (lead >= 0x80)
            {
                if (lead is not (0xC2 or 0xC3) || i + 1 == text.Length || (text[i + 1] & 0xC0) != 0x80)
                    throw bytes.Fault("the blob's text is not UTF-8 of code points up to U+00FF", bytes.Position - start - i);
                lead = (byte)((lead & 3) << 6 | text[++i] & 0x3F);
            }

            blob[length++] = lead;
        }

        return blob;
    }
}
