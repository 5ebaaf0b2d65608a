using SkyDriver.IceCube.Ice;
using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.IceCube.Simulation;

/// <summary>Light of one source at one module, before scattering is drawn.</summary>
/// <param name="Photons">Mean number of photo-electrons.</param>
/// <param name="DirectTime">Arrival of unscattered light, ns.</param>
/// <param name="Shape">ξ of the Pandel density.</param>
internal readonly record struct LightAtModule(double Photons, double DirectTime, double Shape);

/// <summary>Something that shines in the ice.</summary>
internal interface ILightSource
{
    LightAtModule At(in Module module, double scattering, SimulationSet set);
}

/// <summary>A point-like shower at <paramref name="Place"/> along <paramref name="Travel"/>.</summary>
internal sealed record ShowerLight(Vector3d Place, Vector3d Travel, double Time, double Energy) : ILightSource
{
    private const double Reach = 450;   // m

    public LightAtModule At(in Module module, double scattering, SimulationSet set)
    {
        Vector3d line = new Vector3d(module.X, module.Y, module.Z) - Place;
        double r = Math.Sqrt(line.Dot(line) + 1);
        if (r > Reach) return default;
        double cosAngle = Travel.Dot(line) / r, eta = line.Z / r;
        double photons = BulkIce.ShowerLight * Energy * BulkIce.PointYield(r) * BulkIce.ShowerEmission(cosAngle, r)
            * BulkIce.CathodeAcceptance(eta, r);
        double effective = BulkIce.EffectiveOffset(eta) + BulkIce.EffectiveSlope * scattering * r + set.BackwardDelay * (1 - cosAngle);
        return new LightAtModule(
            Math.Max(photons, 0), Time + r * BulkIce.GroupIndex / BulkIce.SpeedOfLight, effective / BulkIce.ScatteringLength);
    }
}

/// <summary>The even part of a muon's light: a Cherenkov cone along a line, infinite or from <paramref name="Place"/> on.</summary>
internal sealed record MuonLight(Vector3d Place, Vector3d Travel, double Time, double LightPerMetre, bool StartsHere) : ILightSource
{
    private const double Reach = 500;                   // m; fainter than 1e-9 photo-electrons beyond
    private const double HalfLength = 900;              // m of track on which discrete losses are drawn
    private const double RadiativeLoss = 3.4e-4;        // 1/m
    private const double MetresPerGev = 5.3;            // of bare track with the light of one GeV of shower
    private const double SmallestFraction = 0.001;      // of the muon's energy in one loss
    private const double SmallestLoss = 5;              // GeV

    /// <summary>The line and, in sets that have them, the showers along it, in the muon's order; of a starting event only what follows its vertex.</summary>
    public static ILightSource[] Sources(SimulatedTruth truth, SimulationSet set, ref CounterRandom random)
    {
        Vector3d place = new(truth.Vertex.X, truth.Vertex.Y, truth.Vertex.Z), travel = -truth.Direction.ToVector();
        double slope = set.StochasticFraction == 0 ? BulkIce.MuonLightSlope : MetresPerGev * (1 - set.StochasticFraction) * RadiativeLoss;
        double light = BulkIce.MuonLightScale * (BulkIce.MuonLightConstant + slope * truth.Vertex.Energy);
        bool starts = truth.Kind == "starting";
        double first = starts ? 0 : -HalfLength;
        List<ILightSource> sources = [new MuonLight(place, travel, truth.Vertex.Time, light, starts)];
        double[] positions = new double[random.Poisson(set.StochasticFraction * RadiativeLoss * Elementary.Log(1 / SmallestFraction) * (HalfLength - first))];
        for (int i = 0; i < positions.Length; i++) positions[i] = random.Uniform(first, HalfLength);
        Array.Sort(positions);
        double left = truth.Vertex.Energy;
        foreach (double along in positions)
        {
            double loss = left * Elementary.Pow(SmallestFraction, random.Uniform());
            left -= loss;
            if (loss >= SmallestLoss)
                sources.Add(new ShowerLight(place + along * travel, travel, truth.Vertex.Time + along / BulkIce.SpeedOfLight, loss));
        }

        return [.. sources];
    }

    public LightAtModule At(in Module module, double scattering, SimulationSet set)
    {
        Vector3d line = new Vector3d(module.X, module.Y, module.Z) - Place;
        double along = line.Dot(Travel);
        Vector3d across = line - along * Travel;
        double d = Math.Sqrt(across.Dot(across) + 1);
        if (d > Reach || (StartsHere && along * BulkIce.SinCherenkov < d * BulkIce.CosCherenkov)) return default;
        double eta = BulkIce.CosCherenkov * Travel.Z + BulkIce.SinCherenkov * across.Z / d;
        double photons = LightPerMetre * BulkIce.LineYield(d) * BulkIce.CathodeAcceptance(eta, d);
        double effective = BulkIce.EffectiveOffset(eta) + BulkIce.EffectiveSlope * scattering * d;
        return new LightAtModule(
            photons, Time + (along + BulkIce.CherenkovDelay * d) / BulkIce.SpeedOfLight, effective / BulkIce.ScatteringLength);
    }
}
