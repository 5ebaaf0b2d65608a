using SkyDriver.IceCube.Archive;

namespace SkyDriver.IceCube.Tests.Hostile;

public class CompactRecordTests
{
    private const ushort Stop = 1 << 15, Hlc = 1 << 14;
    private static readonly byte[] OneWidth = [0x10];
    private static readonly ushort InIce = Header(5, 5), Surface = Header(5, 61);

    [Fact]
    public void Unpack_OneStamp_IsOnePulse() =>
        Assert.Equal([new Pulse(5, 5, -412, 0.525, 1, 4)], Unpack([100 | 10 << 8 | Stop], [InIce], slc: OneWidth).Pulses);

    [Theory]
    [InlineData(new ushort[] { 1, 2 }, true, "end inside a group")]                                  // no stop bit
    [InlineData(new ushort[] { 1 | Stop, 2 | Stop }, true, "left over after the last group")]
    [InlineData(new ushort[] { 1, 2 | Hlc | Stop }, true, "mixes pulses")]
    [InlineData(new ushort[] { 1, 255 | Stop, 65535, 65535 }, true, "end inside a group")]           // overflow without an end
    [InlineData(new ushort[] { 1 | Stop }, false, "widths end before the pulses")]
    public void Unpack_StreamsThatDoNotFit_SayWhat(ushort[] stamps, bool withWidths, string says) =>
        Assert.Contains(says, Refuse(stamps, [InIce], slc: withWidths ? [0x20] : []), StringComparison.Ordinal);

    [Fact]
    public void Unpack_LeftoverWidths_AreRefused() =>
        Assert.Contains("widths are left over", Refuse([1 | Stop], [InIce], slc: OneWidth, hlc: OneWidth), StringComparison.Ordinal);

    [Theory]
    [InlineData(new byte[] { 0x00 })]                                           // a run of nothing
    [InlineData(new byte[] { 0xF0, 0xF0, 0xF0, 0xF0, 0xF0, 0xF0, 0xF0, 0xF0 })] // 2^32 - 1 pulses
    [InlineData(new byte[] { 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 })]
    public void Unpack_ImpossibleWidthRun_IsRefused(byte[] widths) =>
        Assert.Contains("equal pulse widths", Refuse([1 | Stop], [InIce], slc: widths), StringComparison.Ordinal);

    [Fact]
    public void Unpack_SurfacePulses_NeedTheirBytesAndOneGroupEach()
    {
        Assert.Contains("no charge byte", Refuse([1 | Stop], [Surface], surface: OneWidth), StringComparison.Ordinal);
        Assert.Contains("more than one pulse", Refuse([1, 2 | Stop], [Surface], surface: [0x20], extra: [0, 0]), StringComparison.Ordinal);
        Assert.Contains("charge bytes are left over", Refuse([1 | Stop], [Surface], surface: OneWidth, extra: [0, 0]), StringComparison.Ordinal);
        Assert.Equal(0.01, Unpack([1 | Stop], [Surface], surface: OneWidth, extra: [0]).Pulses[0].Charge, 1e-15);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(87)]
    [InlineData(127)]
    public void Unpack_StringTheDetectorLacks_IsRefused(int @string) =>
        Assert.Contains($"string {@string}", Refuse([1 | Stop], [Header(@string, 1)], slc: OneWidth), StringComparison.Ordinal);

    [Fact]   // more than a second, by overflow words
    public void Unpack_EndlessTime_IsRefused()
    {
        ushort[] stamps = [0xFF | Stop, .. Enumerable.Repeat(ushort.MaxValue, 20_000), 0];
        Assert.Contains("ns late", Refuse(stamps, [(ushort)(InIce | 7 << 13)], slc: OneWidth), StringComparison.Ordinal);
    }

    private static ushort Header(int @string, int om) => (ushort)(om - 1 | @string << 6);

    private static PulseTable Unpack(
        ushort[] stamps, ushort[] headers, byte[]? slc = null, byte[]? hlc = null, byte[]? surface = null, byte[]? extra = null) =>
        CompactUnpacker.Unpack(new CompactPulses(stamps, headers, [slc ?? [], hlc ?? [], surface ?? [], []], extra ?? []), "superdst").Table;

    private static string Refuse(
        ushort[] stamps, ushort[] headers, byte[]? slc = null, byte[]? hlc = null, byte[]? surface = null, byte[]? extra = null) =>
        Assert.Throws<EventFormatException>(() => Unpack(stamps, headers, slc, hlc, surface, extra)).Message;
}
