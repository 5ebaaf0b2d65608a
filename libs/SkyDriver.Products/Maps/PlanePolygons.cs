using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Products.Maps;

/// <summary>A piece of a region on the plane of longitude and latitude.</summary>
/// <param name="Outer">Counter-clockwise, degrees, the first point not repeated. Holes are clockwise.</param>
public sealed record PlanePolygon(IReadOnlyList<(double Lon, double Lat)> Outer, IReadOnlyList<IReadOnlyList<(double Lon, double Lat)>> Holes);

/// <summary>Unrolls a region onto the rectangle of longitude −180…180 and latitude −90…90, cut at longitude 180 as GeoJSON asks. A region with
/// a pole in it follows the rectangle's edge there.</summary>
internal static class PlanePolygons
{
    // Places along the rectangle's edge, counter-clockwise from its lower left corner, in degrees of edge.
    private const double Bottom = 360, Right = Bottom + 180, Top = Right + 360, Whole = Top + 180;
    private static readonly (double Place, (double, double) Corner)[] Corners = [(0, (-180, -90)), (Bottom, (180, -90)), (Right, (180, 90)), (Top, (-180, 90))];

    /// <param name="holdsCut">Whether longitude 180 on the equator is in the region; asked for where no line crosses that longitude.</param>
    public static IReadOnlyList<PlanePolygon> Of(Region region, bool holdsCut)
    {
        List<List<(double Lon, double Lat)>> chains = [], outers = [], holes = [];
        foreach (Vector3d[] line in region.Lines)
        {
            if (!Cut(line, chains, out List<(double, double)> whole)) (SignedArea(whole) > 0 ? outers : holes).Add(whole);
        }

        if (chains.Count == 0 && holdsCut) outers.Add([.. Corners.Select(c => c.Corner)]);
        while (chains.Count > 0) outers.Add(Join(chains));
        ILookup<List<(double, double)>?, List<(double Lon, double Lat)>> owners = holes.ToLookup(hole => outers.Where(o => Holds(o, hole[0])).MinBy(SignedArea));
        return [.. outers.OrderByDescending(SignedArea).Select(outer => new PlanePolygon(outer, [.. owners[outer]]))];
    }

    // A line that crosses the cut becomes chains from edge to edge; another one stays whole.
    private static bool Cut(Vector3d[] line, List<List<(double Lon, double Lat)>> chains, out List<(double Lon, double Lat)> whole)
    {
        whole = [];
        List<int> crossings = [.. Enumerable.Range(0, line.Length).Where(i => Crosses(line[i], line[(i + 1) % line.Length]))];
        if (crossings.Count == 0)
        {
            whole.AddRange(line.Select(Place));
            return false;
        }

        foreach ((int from, int to) in crossings.Zip(crossings.Skip(1).Append(crossings[0] + line.Length)))
        {
            List<(double, double)> chain = [OnCut(line, from, after: true)];
            for (int i = from + 1; i <= to; i++) chain.Add(Place(line[i % line.Length]));
            chain.Add(OnCut(line, to, after: false));
            chains.Add(chain);
        }

        return true;
    }

    private static List<(double, double)> Join(List<List<(double Lon, double Lat)>> chains)
    {
        List<(double, double)> ring = [];
        List<(double Lon, double Lat)> first = chains[0], chain = first;
        while (true)
        {
            ring.AddRange(chain);
            chains.Remove(chain);
            // The region lies to the left, so its edge goes on counter-clockwise around the rectangle until a chain begins.
            double end = EdgePlace(chain[^1]);
            List<(double Lon, double Lat)> next = chains.Append(first).MinBy(c => Ahead(end, EdgePlace(c[0])))!;
            double reach = Ahead(end, EdgePlace(next[0]));
            ring.AddRange(Corners.Where(c => Ahead(end, c.Place) < reach).OrderBy(c => Ahead(end, c.Place)).Select(c => c.Corner));
            if (ReferenceEquals(next, first)) return ring;
            chain = next;
        }
    }

    private static bool Crosses(in Vector3d a, in Vector3d b) => a.Y >= 0 != b.Y >= 0 && CutPoint(a, b).X < 0;

    private static Vector3d CutPoint(in Vector3d a, in Vector3d b) => a + (a.Y / (a.Y - b.Y) * (b - a));

    private static (double, double) OnCut(Vector3d[] line, int at, bool after)
    {
        Vector3d a = line[at % line.Length], b = line[(at + 1) % line.Length];
        bool eastward = a.Y >= 0;
        return (eastward == after ? -180 : 180, Place(CutPoint(a, b)).Lat);
    }

    private static (double Lon, double Lat) Place(Vector3d at) =>
        (Elementary.Atan2(at.Y == 0 ? 0 : at.Y, at.X) * 180 / Math.PI, Elementary.Atan2(at.Z, Math.Sqrt((at.X * at.X) + (at.Y * at.Y))) * 180 / Math.PI);

    private static double EdgePlace((double Lon, double Lat) at) => at.Lon > 0 ? Bottom + at.Lat + 90 : Top + 90 - at.Lat;

    private static double Ahead(double from, double to) => to >= from ? to - from : to - from + Whole;

    private static double SignedArea(List<(double Lon, double Lat)> ring)
    {
        double sum = 0;
        for (int i = 0; i < ring.Count; i++)
        {
            var (a, b) = (ring[i], ring[(i + 1) % ring.Count]);
            sum += (a.Lon * b.Lat) - (b.Lon * a.Lat);
        }

        return sum / 2;
    }

    private static bool Holds(List<(double Lon, double Lat)> ring, (double Lon, double Lat) point)
    {
        bool inside = false;
        for (int i = 0; i < ring.Count; i++)
        {
            var (a, b) = (ring[i], ring[(i + 1) % ring.Count]);
            if (a.Lat > point.Lat != b.Lat > point.Lat && point.Lon < a.Lon + ((point.Lat - a.Lat) / (b.Lat - a.Lat) * (b.Lon - a.Lon))) inside = !inside;
        }

        return inside;
    }
}
