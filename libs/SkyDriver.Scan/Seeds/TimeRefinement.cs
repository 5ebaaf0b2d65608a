using SkyDriver.IceCube;
using SkyDriver.Sky;

namespace SkyDriver.Scan;

/// <summary>Moves a start time to when the track must pass its vertex for its light to reach the nearest hit module in time.</summary>
/// <param name="hits">First hard-coincidence pulse per module; m, ns.</param>
internal sealed class TimeRefinement(IReadOnlyList<ModuleHits> hits)
{
    private const double LightSpeed = 0.299792458;          // m/ns
    private const double CosCherenkov = 1 / 1.3195;         // phase index of the ice
    private static readonly double SinCherenkov = Math.Sqrt(1 - CosCherenkov * CosCherenkov);
    private readonly ModuleHits[] _hits = [.. hits];

    /// <returns>ns; the vertex's own time when there are no hits.</returns>
    public double Refine(in Vertex vertex, LocalDirection source)
    {
        Vector3d travel = -source.ToVector();
        double nearest = double.PositiveInfinity, time = vertex.Time;
        foreach (ref readonly ModuleHits hit in _hits.AsSpan())
        {
            var r = new Vector3d(hit.X - vertex.X, hit.Y - vertex.Y, hit.Z - vertex.Z);
            double back = -r.Dot(travel);
            double distance = Math.Sqrt(Math.Max(0, r.Dot(r) - back * back));
            if (!(distance < nearest)) continue;
            nearest = distance;
            time = hit.FirstTime + (back + distance * CosCherenkov / SinCherenkov - distance / (CosCherenkov * SinCherenkov)) / LightSpeed;
        }

        return time;
    }
}
