using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Maps;

public sealed class PlanePolygonsTests
{
    [Theory]
    [MemberData(nameof(RegionTests.Skies), MemberType = typeof(RegionTests))]
    public void Of_AnySky_HoldsThePointsOfTheRegionAndNoOthers(string name)
    {
        const double Limit = 4.61;
        SkyMap map = SyntheticSky.Awkward(name);
        IReadOnlyList<PlanePolygon> polygons = PlanePolygons.Of(Region.Find(map, SyntheticSky.Cells(name), 90, Limit), map.Value(new Vector3d(-1, 0, 0)) <= Limit);
        int inside = 0;
        for (long ipix = 0; ipix < Healpix.PixelCount(64); ipix++)
        {
            Vector3d direction = Healpix.PixelToVector(64, ipix);
            double value = map.Value(direction);
            if (Math.Abs(value - Limit) < 0.6) continue;      // too near to the line to tell
            SkyPoint sky = SkyPoint.FromVector(direction);
            double ra = Angles.ToDegrees(sky.RightAscension), dec = Angles.ToDegrees(sky.Declination);
            double lon = ra > 180 ? ra - 360 : Math.Min(ra, 179.9999);      // the edge itself is in no polygon
            bool held = polygons.Any(p => Holds(p.Outer, lon, dec) && !p.Holes.Any(h => Holds(h, lon, dec)));
            Assert.True(held == value <= Limit, $"RA {ra}, Dec {dec}: 2ΔlnL {value}");
            if (held) inside++;
        }

        Assert.True(inside > 10);
    }

    [Theory]
    [MemberData(nameof(RegionTests.Skies), MemberType = typeof(RegionTests))]
    public void Of_AnySky_TurnsOutersLeftAndHolesRightWithinTheRectangle(string name)
    {
        SkyMap map = SyntheticSky.Awkward(name);
        foreach (PlanePolygon polygon in PlanePolygons.Of(Region.Find(map, SyntheticSky.Cells(name), 50, 1.39), map.Value(new Vector3d(-1, 0, 0)) <= 1.39))
        {
            Assert.True(Turn(polygon.Outer) > 0);
            Assert.All(polygon.Holes, hole => Assert.True(Turn(hole) < 0));
            Assert.All(polygon.Outer.Concat(polygon.Holes.SelectMany(h => h)), p => Assert.True(Math.Abs(p.Lon) <= 180 && Math.Abs(p.Lat) <= 90));
            // A step across the rectangle would be the unbroken turn of right ascension; only its upper and lower edge run along it.
            Assert.All(polygon.Outer.Zip(polygon.Outer.Skip(1)), step => Assert.True(Math.Abs(step.First.Lon - step.Second.Lon) < 90 || Math.Abs(step.First.Lat) == 90));
        }
    }

    [Fact]
    public void Of_RegionAcrossTheCut_ComesInTwoPieces()
    {
        SkyMap map = SyntheticSky.Awkward("ra 180");
        IReadOnlyList<PlanePolygon> polygons = PlanePolygons.Of(Region.Find(map, SyntheticSky.Cells("ra 180"), 90, 4.61), holdsCut: false);
        Assert.Equal(2, polygons.Count);
        Assert.Contains(polygons, p => p.Outer.Any(x => x.Lon == 180) && p.Outer.All(x => x.Lon > 170));
        Assert.Contains(polygons, p => p.Outer.Any(x => x.Lon == -180) && p.Outer.All(x => x.Lon < -170));
    }

    private static double Turn(IReadOnlyList<(double Lon, double Lat)> ring) =>
        Enumerable.Range(0, ring.Count).Sum(i => (ring[i].Lon * ring[(i + 1) % ring.Count].Lat) - (ring[(i + 1) % ring.Count].Lon * ring[i].Lat));

    private static bool Holds(IReadOnlyList<(double Lon, double Lat)> ring, double lon, double lat)
    {
        bool inside = false;
        for (int i = 0, j = ring.Count - 1; i < ring.Count; j = i++)
        {
            if (ring[i].Lat > lat != ring[j].Lat > lat && lon < ((ring[j].Lon - ring[i].Lon) * (lat - ring[i].Lat) / (ring[j].Lat - ring[i].Lat)) + ring[i].Lon) inside = !inside;
        }

        return inside;
    }
}
