using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Starting;

/// <summary>Fits a track of given direction with one shower of free place and energy on it to the first pulses of an event.</summary>
/// <remarks>
/// For starting events, whose light is mostly that of the shower where the neutrino was stopped: a line alone explains the times of bright
/// modules best in a wrong direction. What is reported is the shower: its place and time, and the energy that all charges together ask for there;
/// the one of the fit only weighs the shower's light against the muon's, and is unbounded where there is no muon.
/// </remarks>
internal sealed class ShowerTrackReconstruction : TrackReconstruction<ShowerTrackLikelihood>
{
    private const double SimplexTolerance = 0.5;

    /// <summary>GeV that a start without an energy is tried with.</summary>
    private static readonly double[] StartEnergies = [3e3, 3e4, 3e5];

    private readonly CascadeLikelihood _charges;

    /// <param name="hits">Cleaned pulses, one entry per module.</param>
    /// <param name="model">What is assumed of times and ice.</param>
    public ShowerTrackReconstruction(IReadOnlyList<ModuleHits> hits, TrackModel model)
        : base(hits, usable => new ShowerTrackLikelihood(usable, model), SimplexTolerance) => _charges = new CascadeLikelihood(Usable, model);

    /// <summary>The shower there, or amid the light; of common energies and of the start's own, if it has one.</summary>
    protected override void ConsiderAt(in Vertex vertex, Span<double> trial)
    {
        TrackFrame frame = Likelihood.Frame;
        foreach (double along in (ReadOnlySpan<double>)[frame.Along(vertex.X, vertex.Y, vertex.Z), frame.Along(Centre.X, Centre.Y, Centre.Z)])
        {
            trial[3] = along;
            foreach (double energy in StartEnergies) ConsiderEnergy(energy, trial);
            if (vertex.Energy > 0 && double.IsFinite(vertex.Energy)) ConsiderEnergy(vertex.Energy, trial);
        }
    }

    protected override RecoFit Describe(double llh, ReadOnlySpan<double> parameters)
    {
        var (x, y, z) = Likelihood.Frame.Point(parameters[0], parameters[1], parameters[3]);
        _charges.PointAt(Likelihood.Frame);
        double time = (parameters[2] + parameters[3]) / BulkIce.SpeedOfLight, energy = _charges.EnergyAt(x, y, z);
        if (!double.IsFinite(energy)) energy = double.NaN;
        return new RecoFit(llh, energy, energy, x, y, z, time, energy, null);
    }

    private void ConsiderEnergy(double energy, Span<double> trial)
    {
        trial[4] = CascadeLikelihood.PerLnEnergy * Elementary.Log(energy);
        Keep(trial);
    }
}
