using SkyDriver.IceCube;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Opinions;

/// <summary>The minimum of a track likelihood over the whole sky as <see cref="DirectionSearch"/> finds it, for about half of its evaluations.</summary>
/// <remarks>
/// The grid is glanced at and only its better pixels are fitted; a way down that comes to a minimum already found, or is hopelessly above the best, is
/// left. Deterministic and bounded. Calibration keeps the thorough search, whose every bit its committed tables hold.
/// </remarks>
internal sealed class QuickSearch
{
    /// <summary>One valley, so a rough order among pixels will do.</summary>
    private static readonly Effort Smooth = new(Tolerance: 20, Fitted: 0, Followed: 12, Hopeless: 20, RingsDeg: [2]);

    /// <summary>
    /// Many valleys where one shower dominates: a better order, more ways down, and none given up early. Dim events have more valleys yet, and
    /// cost less per fit.
    /// </summary>
    private static Effort Rugged(int modules) => new(
        Tolerance: 2, Fitted: Math.Max(48, 20_000 / modules), Followed: Math.Max(24, 7_200 / modules), Hopeless: 40, RingsDeg: [2, 5, 15]);

    /// <summary>rad: a way down that is so close to a lower minimum leads there.</summary>
    private const double Reach = 0.3 * Math.PI / 180;

    private const int RingPoints = 6;

    private readonly PandelReconstruction _reconstruction;
    private readonly TrackLikelihood _likelihood;
    private readonly FreeTrack _free;
    private readonly Effort _effort;
    private readonly List<FreeFit> _found = [];

    private QuickSearch(IReadOnlyList<ModuleHits> hits, in TrackModel model, Effort effort)
    {
        _reconstruction = new PandelReconstruction(hits, model);
        _likelihood = new TrackLikelihood(hits, model);
        _free = new FreeTrack(_likelihood);
        _effort = effort;
    }

    /// <summary>What an algorithm's search found.</summary>
    /// <param name="Evaluations">Of its likelihood, with gradient or without: the cost that no busy machine changes.</param>
    public readonly record struct Result(string Algorithm, FreeFit Best, long Evaluations);

    /// <summary>
    /// The minima of <c>pandel_mpe</c> and <c>pandel_spe</c>; null when the event cannot be fitted. The smooth likelihood goes first: where it has its
    /// best in each pixel is a start for the rugged one, and each looks where the other ended.
    /// </summary>
    /// <param name="hits">Cleaned pulses, one entry per module.</param>
    /// <param name="start">Where the track is thought to pass.</param>
    /// <param name="cancellationToken">Looked at between fits.</param>
    public static IReadOnlyList<Result>? FindBoth(IReadOnlyList<ModuleHits> hits, Vertex start, CancellationToken cancellationToken)
    {
        QuickSearch smooth = new(hits, TrackModel.Spe, Smooth), rugged = new(hits, TrackModel.Mpe, Rugged(hits.Count));
        var pixels = smooth.Find(start, fallbacks: [], cancellationToken);
        rugged.Find(start, pixels.ToDictionary(pixel => pixel.Direction, pixel => AsVertex(pixel.Fit)), cancellationToken);
        if (smooth.Best is not { } ofSmooth || rugged.Best is not { } ofRugged) return null;
        smooth.Follow(ofRugged.Direction, ofRugged.AsVertex(), cancellationToken);
        rugged.Follow(ofSmooth.Direction, ofSmooth.AsVertex(), cancellationToken);
        return [rugged.Found("pandel_mpe"), smooth.Found("pandel_spe")];
    }

    private FreeFit? Best => _found.Count > 0 ? _found.MinBy(fit => fit.Llh) : null;

    private Result Found(string algorithm)
    {
        var (values, gradients) = (_reconstruction.Evaluations.Values + _likelihood.Evaluations.Values, _reconstruction.Evaluations.Gradients + _likelihood.Evaluations.Gradients);
        return new Result(algorithm, Best!.Value, values + gradients);
    }

    /// <summary>Returns what was seen at the grid's pixels.</summary>
    /// <param name="start">Where the track is thought to pass.</param>
    /// <param name="fallbacks">Second starts of pixels that have one.</param>
    /// <param name="cancellationToken">Looked at between fits.</param>
    private IReadOnlyList<(LocalDirection Direction, RecoFit Fit)> Find(
        Vertex start, Dictionary<LocalDirection, Vertex> fallbacks, CancellationToken cancellationToken)
    {
        var pixels = CoarseSky.Fits(direction =>
            _reconstruction.Glance(Seed(direction, start, fallbacks.TryGetValue(direction, out Vertex other) ? other : null), _effort.Tolerance, cancellationToken));
        foreach (var (direction, fit) in Fitted(pixels, cancellationToken).Take(_effort.Followed)) Descend(direction, AsVertex(fit), cancellationToken);
        foreach (double radius in _effort.RingsDeg)
        {
            if (Best is { } centre) LookAround(centre, double.DegreesToRadians(radius), cancellationToken);
        }

        return pixels;
    }

    /// <summary>The better pixels in the order of whole fits; the smooth likelihood does without.</summary>
    private IReadOnlyList<(LocalDirection Direction, RecoFit Fit)> Fitted(IReadOnlyList<(LocalDirection Direction, RecoFit Fit)> pixels, CancellationToken cancellationToken) =>
        _effort.Fitted == 0 ? pixels
        :
        [
            .. pixels.Take(_effort.Fitted).Select(pixel => (pixel.Direction, Fit: _reconstruction.Fit(Seed(pixel.Direction, AsVertex(pixel.Fit), null), cancellationToken)))
                .Where(pixel => pixel.Fit.Failure is null).OrderBy(pixel => pixel.Fit.Llh),
        ];

    private void LookAround(FreeFit centre, double radius, CancellationToken cancellationToken)
    {
        var (first, second) = FreeTrack.Tangents(centre.Direction);
        for (int k = 0; k < RingPoints; k++)
        {
            Vector3d turn = Vector3d.FromAngles(Math.PI / 2, 2 * Math.PI * k / RingPoints);
            Vector3d source = centre.Direction.ToVector() + radius * (turn.X * first + turn.Y * second);
            Follow(LocalDirection.FromVector(source), centre.AsVertex(), cancellationToken);
        }
    }

    /// <summary>Goes downhill from the best place at a direction.</summary>
    private void Follow(LocalDirection direction, Vertex start, CancellationToken cancellationToken)
    {
        RecoFit fit = _reconstruction.Glance(Seed(direction, start, null), _effort.Tolerance, cancellationToken);
        if (fit.Failure is null) Descend(direction, AsVertex(fit), cancellationToken);
    }

    /// <summary>Goes downhill unless that leads to a minimum already found, or to none that could be the best.</summary>
    private void Descend(LocalDirection direction, Vertex start, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        FreeFit glance = _free.Glance(direction, new(start.X, start.Y, start.Z), start.Time);
        double best = Best?.Llh ?? double.PositiveInfinity;
        if (!(glance.Llh <= best + _effort.Hopeless) || _found.Exists(LeadsTo)) return;
        _found.Add(_free.Minimise(glance.Direction, glance.Place, glance.Time));

        bool LeadsTo(FreeFit minimum) =>
            minimum.Llh < glance.Llh && minimum.Direction.ToVector().AngleTo(glance.Direction.ToVector()) < Reach;
    }

    private static VariationSeed Seed(LocalDirection direction, Vertex start, Vertex? fallback) =>
        new(CoarseSky.Nside, 0, 0, direction.Zenith, direction.Azimuth, start, fallback);

    private static Vertex AsVertex(in RecoFit fit) => new(fit.X, fit.Y, fit.Z, fit.Time, double.NaN);

    /// <summary>How hard a likelihood is searched.</summary>
    /// <param name="Tolerance">Spread of −ln L at which a glance at a direction ends.</param>
    /// <param name="Fitted">Best pixels of the grid that get a whole fit; none for an order by glances.</param>
    /// <param name="Followed">Best pixels from which a way down begins.</param>
    /// <param name="Hopeless">−ln L above the best at which a way down, its direction free for one simplex, is left.</param>
    /// <param name="RingsDeg">Around the best so far, to look into the valleys beside it.</param>
    private sealed record Effort(double Tolerance, int Fitted, int Followed, double Hopeless, double[] RingsDeg);
}
