using SkyDriver.IceCube.Ice;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.IceCube.Simulation;

/// <summary>What a module makes of light and noise.</summary>
internal static class ModuleResponse
{
    private const int MostPhotonsDrawn = 400;           // per source; each then stands for several
    private const double FaintestLight = 1e-7;          // photo-electrons
    private const double NoiseRate = 600e-9;            // 1/ns
    private const double NoiseBefore = 5_000, NoiseAfter = 10_000;   // ns around the vertex time
    private const double ChargeSpread = 0.35, SmallestCharge = 0.1;  // photo-electrons
    private const double PulseWidth = 8;                // ns; closer light is one pulse

    /// <summary>Photons of all sources, then noise, as (time, charge) in no order.</summary>
    public static void Collect(
        Module module, ILightSource[] sources, SimulationSet set, ref CounterRandom random, List<(double Time, double Charge)> photons)
    {
        double efficiency = Elementary.Exp(set.EfficiencySpread * random.Normal());
        double scattering = set.ScatteringMean * Elementary.Pow(BulkIce.RelativeScattering(module.Z), set.LayerExponent)
            * Elementary.Exp(set.ScatteringSpread * random.Normal());
        foreach (ILightSource source in sources)
        {
            LightAtModule light = source.At(module, scattering, set);
            if (light.Photons < FaintestLight) continue;
            int count = random.Poisson(light.Photons * efficiency), drawn = Math.Min(count, MostPhotonsDrawn);
            for (int i = 0; i < drawn; i++)
            {
                double late = random.Gamma(light.Shape) / BulkIce.PandelRate + set.Jitter * random.Normal();
                photons.Add((light.DirectTime + late, Charge(ref random) * count / drawn));
            }
        }

        int noise = random.Poisson(NoiseRate * (NoiseBefore + NoiseAfter));
        for (int i = 0; i < noise; i++)
        {
            double time = EventSimulator.VertexTime + random.Uniform(-NoiseBefore, NoiseAfter);
            photons.Add((time, Charge(ref random)));
        }
    }

    /// <summary>Sorts the photons and merges what the digitiser cannot separate. Coincidence is not decided here.</summary>
    public static void ToPulses(Module module, List<(double Time, double Charge)> photons, List<Pulse> pulses)
    {
        photons.Sort();
        for (int i = 0, next; i < photons.Count; i = next)
        {
            double charge = 0;
            for (next = i; next < photons.Count && photons[next].Time - photons[i].Time < PulseWidth; next++) charge += photons[next].Charge;
            pulses.Add(new Pulse(module.String, module.Om, photons[i].Time, charge, PulseWidth, CompactUnpacker.SlcFlags));
        }
    }

    private static double Charge(ref CounterRandom random) => Math.Max(SmallestCharge, 1 + ChargeSpread * random.Normal());
}
