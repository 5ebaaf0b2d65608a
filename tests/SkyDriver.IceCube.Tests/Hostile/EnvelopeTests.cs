using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using SkyDriver.IceCube.Envelope;

namespace SkyDriver.IceCube.Tests.Hostile;

public class EnvelopeTests
{
    private static readonly IceCubeEvent Expected = EventReader.Read(MessageKit.OriginalBytes);

    [Fact]
    public void Read_PickleForms_AllGiveTheSamePulses()
    {
        var kit = new MessageKit();
        byte[][] messages =
        [
            kit.Build(),
            kit.Build((_, blob) => TransportText.Encode(MessageKit.FormB(blob))),
            kit.Build((_, blob) => Convert.ToBase64String(MessageKit.FormC(blob))),
        ];
        foreach (byte[] message in messages) Assert.Equal(Expected.CleanedHits, EventReader.Read(message).CleanedHits);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("2021a", "2021a")]
    [InlineData("2024a", "2024a")]
    public void Read_EnvelopeVersions_AllGiveTheSamePulses(string? version, string expected)
    {
        var kit = new MessageKit();
        kit.Value["version"] = version;
        IceCubeEvent read = EventReader.Read(kit.Build());
        Assert.Equal(expected, read.FormatVersion);
        Assert.Equal(Expected.CleanedHits, read.CleanedHits);
    }

    [Fact]   // messages up to 2017
    public void Read_DataThatAreTheFrames_HaveNoSummary()
    {
        var kit = new MessageKit();
        kit.Value.Remove("version");
        kit.Value["data"] = new JsonArray();
        IceCubeEvent read = EventReader.Read(kit.Build());
        Assert.Equal(("", null), (read.FormatVersion, read.AlertSummary));
        Assert.Equal(Expected.CleanedHits, read.CleanedHits);
    }

    [Fact]
    public void Read_EscapedSlashesInAFrame_AreUndone()
    {
        string json = Encoding.UTF8.GetString(new MessageKit().Build()).Replace("/", "\\/", StringComparison.Ordinal);
        Assert.Equal(Expected.CleanedHits, EventReader.Read(Encoding.UTF8.GetBytes(json)).CleanedHits);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "no member 'value'")]
    [InlineData("{}", "no member 'value'")]
    [InlineData("{\"value\":{}}", "no member 'data'")]
    [InlineData("{\"value\":{\"data\":{}}}", "no member 'frames'")]
    [InlineData("{\"value\":{\"data\":7}}", "no member 'frames'")]
    [InlineData("{\"value\":{\"data\":[]}}", "5 frames")]
    [InlineData("{\"value\":{\"data\":[1,2,3,4,5]}}", "pair of letter and text")]
    [InlineData("{\"value\":{\"data\":[[\"C\",\"\"],[\"G\",\"\"],[\"D\",\"\"],[\"Q\",\"\"],[\"P\",\"\"]]}}", "frame 1 is not G")]
    [InlineData("{\"value\":{\"version\":3,\"data\":[]}}", "not a text")]
    [InlineData("{\"a\":1,\"\\u0061\":2}", "twice")]
    [InlineData("{\"value\":{\"data\":[{\"x\":{\"y\":1,\"y\":1}}]}}", "twice")]
    [InlineData("{\"\\ud800\":1}", "surrogate")]
    [InlineData("{\"a\":\"\\udc00\"}", "surrogate")]
    [InlineData("{\"a\":1} x", "not JSON")]
    [InlineData("{\"a\":1,}", "not JSON")]
    public void Read_WrongJson_SaysWhat(string json, string says) => MessageKit.Refused(Encoding.UTF8.GetBytes(json), "json", says);

    [Fact]
    public void Read_InvalidUtf8_IsRefused() => MessageKit.Refused([(byte)'"', 0xFF, (byte)'"'], "json", "UTF-8");

    [Fact]
    public void Read_DeepNesting_IsRefused()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 1_000_000));
        MessageKit.Refused(Encoding.UTF8.GetBytes(deep), "json", "nested too deeply");
    }

    [Fact]
    public void Read_ManyValues_AreRefusedBeforeTheyCostMemory()
    {
        byte[] many = Encoding.UTF8.GetBytes("[" + string.Concat(Enumerable.Repeat("0,", 5_000_000)) + "0]");
        long before = GC.GetAllocatedBytesForCurrentThread();
        MessageKit.Refused(many, "json", "more than 200000 values");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Read_OversizedMessage_IsRefused() => MessageKit.Refused(new byte[(16 << 20) + 1], "json", "more than the 16777216 allowed");

    [Theory]
    [InlineData("", "empty")]
    [InlineData("AAA", "cut off")]
    [InlineData("AA=A", "cut off")]
    [InlineData("AAAA\nAAAA", "0x0A is not base64")]
    [InlineData("AAAA AAAA", "0x20 is not base64")]
    [InlineData("AA-_", "0x2D is not base64")]
    public void Read_WrongBase64_SaysWhere(string text, string says) =>
        MessageKit.Refused(new MessageKit().Build((i, _) => i == 1 ? text : null), "base64 of frame C", says);

    [Fact]
    public void Read_ZlibCutAnywhere_IsRefused()
    {
        var kit = new MessageKit();
        byte[] packed = Deflated(PickleWalker.Wrap(kit.Blob(0)));
        for (int length = 1; length < packed.Length; length++)
            Assert.Equal("zlib of frame G", MessageKit.Refused(kit.Build((i, _) => i == 0 ? Convert.ToBase64String(packed, 0, length) : null)).Layer);
        Assert.True(MessageKit.IsRead(kit.Build((i, _) => i == 0 ? Convert.ToBase64String(packed) : null)));
    }

    [Fact]
    public void Read_BytesBehindTheZlibStream_AreRefused()
    {
        var kit = new MessageKit();
        byte[] packed = Deflated(PickleWalker.Wrap(kit.Blob(0)));
        foreach (byte[] tail in new byte[][] { [0], [1, 2, 3, 4, 5], packed, packed[^4..] })
        {
            byte[] longer = [.. packed, .. tail];
            MessageKit.Refused(kit.Build((i, _) => i == 0 ? Convert.ToBase64String(longer) : null), "zlib of frame G", "follow");
        }
    }

    [Fact]
    public void Read_WrongZlibChecksum_IsRefused()
    {
        var kit = new MessageKit();
        byte[] packed = Deflated(PickleWalker.Wrap(kit.Blob(0)));
        packed[^1] ^= 1;
        MessageKit.Refused(kit.Build((i, _) => i == 0 ? Convert.ToBase64String(packed) : null), "zlib of frame G", "damaged");
    }

    [Theory]
    [InlineData(20_000_000)]    // a thousand times the packed size
    [InlineData(200_000_000)]   // and above the absolute limit
    public void Read_ZipBomb_IsRefusedInBoundedMemory(int size)
    {
        byte[] bomb = Deflated(new byte[size]);
        byte[] message = new MessageKit().Build((i, _) => i == 0 ? Convert.ToBase64String(bomb) : null);
        long before = GC.GetAllocatedBytesForCurrentThread();
        MessageKit.Refused(message, "zlib of frame G", "inflates to more");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500L * bomb.Length + 1_000_000);
    }

    [Fact]
    public void Read_Cancelled_StopsBeforeTheNextFrame()
    {
        byte[] message = new MessageKit().Build((i, _) => i == 0 ? "not base64" : null);
        Assert.Throws<OperationCanceledException>(() => EventReader.Read(message, new CancellationToken(canceled: true)));
    }

    private static byte[] Deflated(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var deflater = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) deflater.Write(bytes);
        return packed.ToArray();
    }
}
