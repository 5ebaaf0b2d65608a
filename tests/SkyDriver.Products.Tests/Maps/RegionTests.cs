using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Maps;

public sealed class RegionTests
{
    private const double SquareDegreesOfTheSphere = 129600 / Math.PI;

    public static TheoryData<string> Skies => ["plain", "north pole", "south pole", "ra 0", "ra 180", "pieces", "hole", "hole on the pole", "all but a hole", "all but holes"];

    [Theory]
    [MemberData(nameof(Skies))]
    public void Cells_OfAnySky_TileTheSphereOnce(string name)
    {
        SkyCells sky = SyntheticSky.Cells(name);
        long next = 0;      // in nested order each cell must begin where the one before it ended
        foreach (SkyCell cell in sky.Cells)
        {
            Assert.Equal(next, cell.Start);
            next += Healpix.FirstChildNest(cell.Nside, 1, Healpix.MaxNside);
        }

        Assert.Equal(Healpix.PixelCount(Healpix.MaxNside), next);
    }

    [Fact]
    public void Cells_OfAPointedScan_FillTheRestWithLargeCells()
    {
        List<long> disc = [];
        Healpix.Disc(64, SyntheticSky.Truth, 0.1, disc);
        SkyCells sky = new(new SkyMap(disc.Select(ipix => new MapPixel(64, ipix, SyntheticSky.Llh(Healpix.PixelToVector(64, ipix))))), 1.39, 4.61);
        Assert.Equal(4 * Math.PI, sky.Cells.Sum(c => c.Area), 1e-9);
        Assert.Contains(sky.Cells, c => c.Nside == 1 && double.IsNaN(c.Value));
    }

    [Theory]
    [InlineData(1.39, 64)]
    [InlineData(4.61, 64)]
    [InlineData(11.83, 256)]
    public void SquareDegrees_OfAGaussian_IsTheDiscOfItsLimit(double limit, int nside)
    {
        SkyMap map = new(SyntheticSky.Pixels(nside));
        double reached = limit + (2 * (map.Best.Llh - 1000));      // the best pixel's centre is not quite the top
        double expected = 2 * Math.PI * (1 - Math.Cos(Math.Sqrt(reached) * Math.PI / 180)) * RegionArea.SquareDegreesPerSteradian;
        // What is left is the interpolation, which lies above a surface that curves up: by h²/8 of its second derivative, in both directions.
        double interpolation = 2 * Math.Pow(Healpix.Resolution(nside) * 180 / Math.PI, 2) / 4 / reached;
        Assert.Equal(expected, new SkyCells(map, limit).SquareDegrees(limit), (0.005 + interpolation) * expected);
    }

    [Fact]
    public void SquareDegrees_RegionWithinOnePixel_IsNotLost()
    {
        SkyMap map = new(SyntheticSky.Pixels(fineNside: 16, fineRadiusDegrees: 20));
        Assert.InRange(new SkyCells(map, 0.1).SquareDegrees(0.1), 0.001, 1);
    }

    [Theory]
    [MemberData(nameof(Skies))]
    public void Lines_OfAnySky_EncloseTheAreaOfTheCells(string name)
    {
        SkyMap map = SyntheticSky.Awkward(name);
        SkyCells sky = SyntheticSky.Cells(name);
        foreach ((int percent, double limit) in new[] { (50, 1.39), (90, 4.61) })
        {
            Region region = Region.Find(map, sky, percent, limit);
            Assert.NotEmpty(region.Lines);
            double enclosed = Enclosed(region.Lines) % SquareDegreesOfTheSphere;
            if (enclosed < 0) enclosed += SquareDegreesOfTheSphere;
            // Cells lie in rings around the poles: an edge that follows one cuts all cells alike.
            Assert.Equal(region.SquareDegrees, enclosed, (name == "south pole" ? 0.02 : 0.005) * region.SquareDegrees);
        }
    }

    [Theory]
    [InlineData("plain", 1)]
    [InlineData("pieces", 3)]
    [InlineData("hole", 2)]
    [InlineData("all but holes", 2)]
    public void Lines_PiecesAndHoles_EachHasOne(string name, int expected)
    {
        SkyMap map = SyntheticSky.Awkward(name);
        Assert.Equal(expected, Region.Find(map, SyntheticSky.Cells(name), 50, 1.39).Lines.Count);
    }

    [Fact]
    public void Lines_EveryPoint_LiesOnTheLimit()
    {
        SkyMap map = SyntheticSky.Awkward("pieces");
        Region region = Region.Find(map, SyntheticSky.Cells("pieces"), 90, 4.61);
        Assert.All(region.Lines.SelectMany(line => line), point => Assert.Equal(4.61, map.Value(point), 0.05));
    }

    [Fact]
    public void Errors_OfAGaussian_AreItsRadiusAndWiderInRightAscension()
    {
        SkyMap map = SyntheticSky.Scanned(v => SyntheticSky.Hill(v, 0.2, 60, 1), fineNside: 128);
        ErrorBox box = Region.Find(map, new(map, 4.61), 90, 4.61).Errors;
        SkyPoint best = SkyPoint.FromVector(map.BestDirection);
        double radius = Math.Sqrt(4.61), offsetDec = Angles.ToDegrees(best.Declination) - 60;
        Assert.Equal(radius - offsetDec, box.DecPlus, 0.06);
        Assert.Equal(radius + offsetDec, box.DecMinus, 0.06);
        double widest = Angles.ToDegrees(Math.Asin(Math.Sin(Angles.ToRadians(radius)) / Math.Cos(Angles.ToRadians(60))));
        Assert.Equal(2 * widest, box.RaPlus + box.RaMinus, 0.2);
        Assert.InRange(box.RaMinus, widest - 1, widest + 1);        // and not 360 − that
    }

    [Theory]
    [InlineData("north pole")]
    [InlineData("south pole")]
    [InlineData("hole on the pole")]
    public void Errors_RegionAroundAPole_ReachAllAround(string name)
    {
        SkyMap map = SyntheticSky.Awkward(name);
        ErrorBox box = Region.Find(map, SyntheticSky.Cells(name), 90, 4.61).Errors;
        Assert.Equal((180.0, 180.0), (box.RaPlus, box.RaMinus));
        if (name == "north pole") Assert.Equal(90, Angles.ToDegrees(SkyPoint.FromVector(map.BestDirection).Declination) + box.DecPlus, 1e-9);
    }

    // By the triangles between each piece of line and the north pole: (1 − sin δ) dα, which counts what lies to the left of the line; holes subtract.
    private static double Enclosed(IReadOnlyList<Vector3d[]> lines)
    {
        double sum = 0;
        foreach (Vector3d[] line in lines)
        {
            for (int i = 0; i < line.Length; i++)
            {
                Vector3d a = line[i], b = line[(i + 1) % line.Length];
                double ra = Math.IEEERemainder(Math.Atan2(b.Y, b.X) - Math.Atan2(a.Y, a.X), 2 * Math.PI);
                sum += ra * (1 - ((a.Z + b.Z) / 2));
            }
        }

        return sum * RegionArea.SquareDegreesPerSteradian;
    }
}
