using SkyDriver.Sky;

namespace SkyDriver.Products.Maps;

/// <summary>How far a region reaches from the best fit along right ascension and declination, degrees, none negative.</summary>
/// <remarks>Degrees of right ascension, not of sky: near the poles they grow. A region with a pole in it, or one that goes all around,
/// reaches 180 both ways.</remarks>
public readonly record struct ErrorBox(double RaPlus, double RaMinus, double DecPlus, double DecMinus)
{
    internal static ErrorBox Around(SkyMap map, double limit, IReadOnlyList<Vector3d[]> lines)
    {
        SkyPoint best = SkyPoint.FromVector(map.BestDirection);
        double east = 0, west = 0, north = 0, south = 0;
        bool around = false;
        foreach (Vector3d[] line in lines)
        {
            double turn = 0, before = SkyPoint.FromVector(line[^1]).RightAscension;
            foreach (Vector3d direction in line)
            {
                SkyPoint point = SkyPoint.FromVector(direction);
                turn += Shortest(point.RightAscension - before);
                before = point.RightAscension;
                double ra = Shortest(point.RightAscension - best.RightAscension), dec = point.Declination - best.Declination;
                (east, west) = (Math.Max(east, ra), Math.Max(west, -ra));
                (north, south) = (Math.Max(north, dec), Math.Max(south, -dec));
            }

            around |= Math.Abs(turn) > Math.PI;
        }

        if (map.Value(new Vector3d(0, 0, 1)) <= limit) (around, north) = (true, (Math.PI / 2) - best.Declination);
        if (map.Value(new Vector3d(0, 0, -1)) <= limit) (around, south) = (true, (Math.PI / 2) + best.Declination);
        if (around) (east, west) = (Math.PI, Math.PI);
        return new(Angles.ToDegrees(east), Angles.ToDegrees(west), Angles.ToDegrees(north), Angles.ToDegrees(south));
    }

    private static double Shortest(double radians) => Math.IEEERemainder(radians, Angles.TwoPi);
}
