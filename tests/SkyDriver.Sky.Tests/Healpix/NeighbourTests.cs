namespace SkyDriver.Sky.Tests;

public sealed class NeighbourTests
{
    public static TheoryData<int> Nsides => Samples.Nsides;

    [Theory]
    [MemberData(nameof(Nsides))]
    public void Neighbours_OfANeighbour_HoldThePixel(int nside)
    {
        var eight = new long[8];
        var back = new long[8];
        foreach (long ipix in Samples.AllOrSome(nside, 200))
        {
            Healpix.Neighbours(nside, ipix, eight);
            var present = eight.Where(p => p >= 0).ToList();
            Assert.InRange(present.Count, nside == 1 ? 6 : 7, 8);
            Assert.Distinct(present);
            foreach (long neighbour in present)
            {
                Healpix.Neighbours(nside, neighbour, back);
                Assert.Contains(ipix, back);
            }
        }
    }

    /// <summary>The outlines know nothing of the neighbour tables: side neighbours share two corners, the others one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(1 << 15)]
    [InlineData(Healpix.MaxNside)]
    public void Neighbours_ByTheirOutlines_ShareCorners(int nside)
    {
        var eight = new long[8];
        var mine = new Vector3d[4];
        var theirs = new Vector3d[4];
        foreach (long ipix in Samples.AllOrSome(nside, 200))
        {
            Healpix.Neighbours(nside, ipix, eight);
            Healpix.Boundaries(nside, ipix, mine);
            for (int i = 0; i < 8; i++)
            {
                if (eight[i] < 0) continue;
                Healpix.Boundaries(nside, eight[i], theirs);
                int shared = mine.Count(corner => theirs.Any(other => other.AngleTo(corner) < 1e-6 * Healpix.Resolution(nside)));
                Assert.Equal(i % 2 == 0 ? 2 : 1, shared);
            }
        }
    }

    [Fact]
    public void NeighboursNest_AnyPixel_AreTheRingNeighbours()
    {
        var ring = new long[8];
        var nest = new long[8];
        foreach (long ipix in Samples.Pixels(1 << 17, 300))
        {
            Healpix.Neighbours(1 << 17, ipix, ring);
            Healpix.NeighboursNest(1 << 17, Healpix.RingToNest(1 << 17, ipix), nest);
            Assert.Equal(ring, nest.Select(n => n < 0 ? n : Healpix.NestToRing(1 << 17, n)));
        }
    }
}
