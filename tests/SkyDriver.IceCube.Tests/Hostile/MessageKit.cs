using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.IceCube.Archive;
using SkyDriver.IceCube.Envelope;
using SkyDriver.IceCube.Frames;
using SkyDriver.IceCube.Simulation;

namespace SkyDriver.IceCube.Tests.Hostile;

/// <summary>Takes a small valid message apart, lets a test change any layer, and puts it together again with right checksums.</summary>
internal sealed class MessageKit
{
    public const int Q = 3, P = 4;
    private static readonly byte[] Original = EventWriter.Write(
        EventSimulator.Simulate(new(SimulatedKind.Track, SimulationSet.A, 5, Energy: 1e4)), 1, 5, 60676.25);

    private readonly JsonObject message = JsonNode.Parse(Original)!.AsObject();
    private readonly Dictionary<string, (string TypeName, byte[] Buffer)>[] frames = new Dictionary<string, (string, byte[])>[5];

    public MessageKit()
    {
        using RealtimeMessage parsed = RealtimeMessage.Parse(Original);
        for (int i = 0; i < frames.Length; i++)
        {
            char letter = parsed.FrameLetter(i);
            ReadOnlyMemory<byte> blob = PickleWalker.FindBlob(TransportText.Decode(parsed.FrameText(i), letter), letter);
            frames[i] = FrameCodec.Read(blob, letter).Slots.ToDictionary(slot => slot.Key, slot => (slot.TypeName, slot.Buffer.ToArray()));
        }
    }

    public static byte[] OriginalBytes => Original;

    public JsonObject Value => message["value"]!.AsObject();

    public JsonObject Data => Value["data"]!.AsObject();

    public IReadOnlyList<string> Keys(int frame) => [.. frames[frame].Keys];

    public byte[] Buffer(int frame, string key) => frames[frame][key].Buffer;

    public MessageKit Put(int frame, string key, object value)
    {
        frames[frame][key] = ObjectCatalog.Write(value);
        return this;
    }

    public MessageKit PutRaw(int frame, string key, byte[] buffer)
    {
        frames[frame][key] = ("I3Test", buffer);
        return this;
    }

    public MessageKit Remove(int frame, string key)
    {
        frames[frame].Remove(key);
        return this;
    }

    public byte[] Blob(int frame) =>
        FrameCodec.Write("GCDQP"[frame], frames[frame].Select(slot => (slot.Key, slot.Value.TypeName, slot.Value.Buffer)));

    /// <param name="wrap">How frames become text, by index and blob; null for the usual way.</param>
    public byte[] Build(Func<int, byte[], string?>? wrap = null)
    {
        var texts = new JsonArray();
        for (int i = 0; i < frames.Length; i++)
        {
            byte[] blob = Blob(i);
            texts.Add(new JsonArray("GCDQP"[i].ToString(), wrap?.Invoke(i, blob) ?? TransportText.Encode(PickleWalker.Wrap(blob))));
        }

        if (Value["data"] is JsonObject data) data["frames"] = texts;
        else Value["data"] = texts;
        return JsonSerializer.SerializeToUtf8Bytes(message);
    }

    /// <summary>The message with one frame's blob replaced by any bytes.</summary>
    public byte[] BuildWithBlob(int frame, byte[] bytes) => Build((i, _) => i == frame ? TransportText.Encode(PickleWalker.Wrap(bytes)) : null);

    public byte[] BuildWithPickle(int frame, byte[] pickle) => Build((i, _) => i == frame ? TransportText.Encode(pickle) : null);

    public static EventFormatException Refused(byte[] message)
    {
        EventFormatException refusal = Assert.Throws<EventFormatException>(() => EventReader.Read(message));
        Assert.True(refusal.Offset >= 0, refusal.Message);
        Assert.False(string.IsNullOrEmpty(refusal.Layer));
        Assert.Contains(refusal.Layer, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }

    public static void Refused(byte[] message, string layer, string says)
    {
        EventFormatException refusal = Refused(message);
        Assert.Equal(layer, refusal.Layer);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Decoded or refused with our error; anything else escapes and fails the test.</summary>
    public static bool IsRead(byte[] message)
    {
        try
        {
            EventReader.Read(message);
            return true;
        }
        catch (EventFormatException)
        {
            return false;
        }
    }

    /// <summary>Bytes in Python's pickle form of messages since 2023: text to be encoded to Latin-1.</summary>
    public static byte[] FormB(byte[] blob)
    {
        byte[] text = Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(blob));
        return
        [
            0x80, 2, .. "cicecube._icetray\nI3Frame\nq\0)Rq\u0001}q\u0002c_codecs\nencode\nq\u0003X"u8, .. BitConverter.GetBytes(text.Length), .. text,
            .. "q\u0004X\u0006\0\0\0latin1q\u0005"u8, 0x86, .. "q\u0006Rq\u0007"u8, 0x86, .. "q\u0008b."u8,
        ];
    }

    /// <summary>The protocol 4 pickle that scanners exchange.</summary>
    public static byte[] FormC(byte[] blob) =>
    [
        0x80, 4, 0x95, .. BitConverter.GetBytes((ulong)(blob.Length + 50)), 0x8C, 16, .. "icecube._icetray"u8, 0x94, 0x8C, 7, .. "I3Frame"u8, 0x94,
        0x93, 0x94, (byte)')', (byte)'R', 0x94, (byte)'}', 0x94, (byte)'B', .. BitConverter.GetBytes(blob.Length), .. blob, 0x94, 0x86, 0x94,
        (byte)'b', (byte)'.',
    ];
}
