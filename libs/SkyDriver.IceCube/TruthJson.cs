using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Sky;

namespace SkyDriver.IceCube;

/// <summary>The member of a simulated event's summary that says what was put in.</summary>
internal static class TruthJson
{
    public const string Member = "simulated";

    /// <summary>With the direction in the sky (ICRS, degrees) at the event's date, for people and plots.</summary>
    public static JsonObject Write(SimulatedTruth truth, double mjd)
    {
        SkyPoint sky = IceCubeFrame.ToEquatorial(truth.Direction, mjd);
        return new JsonObject
        {
            ["kind"] = truth.Kind,
            ["set"] = truth.Set,
            ["seed"] = truth.Seed,
            ["truth"] = new JsonObject
            {
                ["ra_deg"] = double.RadiansToDegrees(sky.RightAscension),
                ["dec_deg"] = double.RadiansToDegrees(sky.Declination),
                ["zenith"] = truth.Direction.Zenith,
                ["azimuth"] = truth.Direction.Azimuth,
                ["x_m"] = truth.Vertex.X,
                ["y_m"] = truth.Vertex.Y,
                ["z_m"] = truth.Vertex.Z,
                ["time_ns"] = truth.Vertex.Time,
                ["energy_gev"] = truth.Vertex.Energy,
            },
        };
    }

    /// <summary>Null for a real event.</summary>
    public static SimulatedTruth? Read(JsonElement summary)
    {
        if (!summary.TryGetProperty(Member, out JsonElement simulated)) return null;
        try
        {
            JsonElement truth = simulated.GetProperty("truth");
            double Number(string name) => truth.GetProperty(name).GetDouble();
            return new SimulatedTruth(
                simulated.GetProperty("kind").GetString() ?? "", simulated.GetProperty("set").GetString() ?? "",
                simulated.GetProperty("seed").GetUInt64(), new LocalDirection(Number("zenith"), Number("azimuth")),
                new Vertex(Number("x_m"), Number("y_m"), Number("z_m"), Number("time_ns"), Number("energy_gev")));
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new EventFormatException("json", 0, $"value.data.{Member} does not hold a simulated event's truth", fault);
        }
    }
}
