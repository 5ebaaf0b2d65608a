namespace SkyDriver.Sky.Tests;

public sealed class BitsTests
{
    [Fact]
    public void Sqrt_AroundSquares_IsExact()
    {
        foreach (long root in new[] { 1, 2, 3, 1000, (1L << 26) + 1, (1L << 31) - 1, 3_000_000_019, 3_037_000_498 })
        {
            Assert.Equal(root, Bits.Sqrt(root * root));
            Assert.Equal(root - 1, Bits.Sqrt(root * root - 1));
            Assert.Equal(root, Bits.Sqrt(root * root + 2 * root));
        }
    }

    [Fact]
    public void Interleave_AnyPosition_EqualsThePortableForm()
    {
        var generator = new Random(3);
        for (int i = 0; i < 10_000; i++)
        {
            int x = generator.Next(), y = generator.Next();
            long code = Bits.Interleave(x, y);
            Assert.Equal((long)(Bits.Spread((uint)x) | Bits.Spread((uint)y) << 1), code);
            Assert.Equal((x, y), Bits.Separate(code));
            Assert.Equal((x, y), ((int)Bits.Gather((ulong)code), (int)Bits.Gather((ulong)code >> 1)));
        }
    }

    [Fact]
    public void Inverse_EveryNside_IsExact()
    {
        for (int order = 0; order <= Healpix.MaxOrder; order++) Assert.Equal(1.0 / (1 << order), Bits.Inverse(1 << order));
    }
}
