using SkyDriver.IceCube;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Millipede;

/// <summary>A track fitted to first-pulse times, then its energy losses unfolded from the charges of all modules, hit and dark.</summary>
/// <remarks>
/// The value is that of times and charges together, so the charges judge directions, too; the place of the track is that of its times.
/// It runs at every nside, because a map's pixels of all rounds must be on one scale.
/// </remarks>
internal sealed class MillipedeReconstruction(IReadOnlyList<ModuleHits> hits, TrackModel model) : IReconstruction
{
    private readonly PandelReconstruction _track = new(hits, model);
    private readonly LossUnfolding _losses = new(hits);

    public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default)
    {
        RecoFit track = _track.Fit(seed, cancellationToken);
        if (track.Failure is not null) return track;
        TrackFrame frame = new(seed.Zenith, seed.Azimuth);
        Losses losses = _losses.Unfold(frame, frame.First(track.X, track.Y), frame.Second(track.X, track.Y, track.Z), cancellationToken);
        double llh = track.Llh + losses.ChargeLlh;
        return double.IsFinite(llh)
            ? track with { Llh = llh, EnergyInside = losses.Inside, EnergyTotal = losses.Total }
            : RecoFit.Failed("the likelihood of the charges is not finite");
    }
}
