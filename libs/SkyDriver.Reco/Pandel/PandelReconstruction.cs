using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;

namespace SkyDriver.Reco.Pandel;

/// <summary>Fits position and time of a track of given direction to the first pulses of an event.</summary>
internal sealed class PandelReconstruction : TrackReconstruction<TrackLikelihood>
{
    private const double SimplexTolerance = 1;

    private readonly MuonEnergyProxy _energy;

    /// <param name="hits">Cleaned pulses, one entry per module.</param>
    /// <param name="model">What is assumed of times and ice.</param>
    public PandelReconstruction(IReadOnlyList<ModuleHits> hits, TrackModel model)
        : base(hits, usable => new TrackLikelihood(usable, model), SimplexTolerance) => _energy = new MuonEnergyProxy(Usable);

    /// <inheritdoc cref="TrackLikelihood.Evaluations"/>
    public (long Values, long Gradients) Evaluations => Likelihood.Evaluations;

    /// <summary>A line has nothing but its place and time.</summary>
    protected override void ConsiderAt(in Vertex vertex, Span<double> trial) => Keep(trial);

    /// <summary>The point of the track amid the light.</summary>
    protected override RecoFit Describe(double llh, ReadOnlySpan<double> parameters)
    {
        TrackFrame frame = Likelihood.Frame;
        double along = frame.Along(Centre.X, Centre.Y, Centre.Z);
        var (x, y, z) = frame.Point(parameters[0], parameters[1], along);
        double time = (parameters[2] + along) / BulkIce.SpeedOfLight;
        double energy = _energy.Estimate(frame, parameters[0], parameters[1]);
        return new RecoFit(llh, energy, energy, x, y, z, time, energy, null);
    }
}
