using SkyDriver.IceCube;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Pandel;

/// <summary>Finds the best track over the whole sky without a scan: a coarse grid, then free fits from its best pixels.</summary>
/// <remarks>Deterministic and bounded: the pixels of <see cref="CoarseSky"/> with as many starts as a scan makes, and about twenty free fits.</remarks>
internal sealed class DirectionSearch
{
    /// <summary>Pixels from which a free fit starts.</summary>
    private const int Candidates = 12;

    /// <summary>Around the best fit so far, to look into valleys beside it.</summary>
    private const double RingRadius = 2 * Math.PI / 180;
    private const int RingPoints = 6;

    private readonly PandelReconstruction _reconstruction;
    private readonly FreeTrack _free;
    private readonly IReadOnlyList<PositionOffset> _offsets;

    /// <param name="hits">Cleaned pulses, one entry per module.</param>
    /// <param name="model">What is assumed of times and ice.</param>
    /// <param name="offsets">m, along the track; starts of every pixel.</param>
    public DirectionSearch(IReadOnlyList<ModuleHits> hits, in TrackModel model, IReadOnlyList<PositionOffset> offsets)
    {
        _reconstruction = new PandelReconstruction(hits, model);
        _free = new FreeTrack(new TrackLikelihood(hits, model));
        _offsets = offsets;
    }

    public FreeTrack Free => _free;

    /// <summary>The minima of both track likelihoods, each of which also looks where the other one found its best; null when the event cannot be fitted.</summary>
    /// <param name="hits">Cleaned pulses, one entry per module.</param>
    /// <param name="offsets">m, along the track; starts of every pixel.</param>
    /// <param name="start">Where the track is thought to pass.</param>
    /// <param name="cancellationToken">Looked at between pixels.</param>
    public static IReadOnlyList<(string Algorithm, DirectionSearch Search, FreeFit Best)>? FindBoth(
        IReadOnlyList<ModuleHits> hits, IReadOnlyList<PositionOffset> offsets, Vertex start, CancellationToken cancellationToken)
    {
        (string Name, DirectionSearch Search)[] models =
            [("pandel_mpe", new DirectionSearch(hits, TrackModel.Mpe, offsets)), ("pandel_spe", new DirectionSearch(hits, TrackModel.Spe, offsets))];
        FreeFit?[] found = [.. models.Select(model => model.Search.Find(start, cancellationToken))];
        var both = new List<(string, DirectionSearch, FreeFit)>();
        for (int i = 0; i < models.Length; i++)
        {
            FreeFit? other = found[1 - i] is { } there ? models[i].Search.FindFrom(there.Direction, there.AsVertex(), cancellationToken) : null;
            if (Better(found[i], other) is not { } best) return null;
            both.Add((models[i].Name, models[i].Search, best));
        }

        return both;
    }

    /// <summary>The best fit found, or null when the event cannot be fitted at all.</summary>
    /// <param name="start">Where the track is thought to pass.</param>
    /// <param name="cancellationToken">Looked at between pixels.</param>
    public FreeFit? Find(Vertex start, CancellationToken cancellationToken = default)
    {
        FreeFit? best = null;
        foreach (var (direction, fit) in CoarseSky.Fits(direction => FitAt(direction, start, cancellationToken)).Take(Candidates))
            best = Better(best, _free.Minimise(direction, Place(fit), fit.Time));
        return best is { } found ? Around(found, cancellationToken) : null;
    }

    /// <summary>The minimum downhill of the best fit at a direction.</summary>
    public FreeFit? FindFrom(LocalDirection direction, Vertex start, CancellationToken cancellationToken = default)
    {
        RecoFit fit = FitAt(direction, start, cancellationToken);
        return fit.Failure is null ? _free.Minimise(direction, Place(fit), fit.Time) : null;
    }

    /// <summary>Best of all starts at one direction.</summary>
    public RecoFit FitAt(LocalDirection direction, Vertex start, CancellationToken cancellationToken = default)
    {
        TrackFrame frame = new(direction.Zenith, direction.Azimuth);
        RecoFit best = default;
        for (int i = 0; i < _offsets.Count; i++)
        {
            PositionOffset offset = _offsets[i];
            var (x, y, z) = frame.Point(offset.X, offset.Y, offset.Z);
            Vertex shifted = start with { X = start.X + x, Y = start.Y + y, Z = start.Z + z };
            RecoFit fit = _reconstruction.Fit(new VariationSeed(CoarseSky.Nside, 0, i, direction.Zenith, direction.Azimuth, shifted, null), cancellationToken);
            if (i == 0 || fit.Llh < best.Llh) best = fit;
        }

        return best;
    }

    private static FreeFit? Better(FreeFit? a, FreeFit? b) => a is { } first && !(b?.Llh < first.Llh) ? first : b;

    private FreeFit Around(FreeFit centre, CancellationToken cancellationToken)
    {
        FreeFit best = centre;
        var (first, second) = FreeTrack.Tangents(centre.Direction);
        for (int k = 0; k < RingPoints; k++)
        {
            Vector3d turn = Vector3d.FromAngles(Math.PI / 2, 2 * Math.PI * k / RingPoints);
            Vector3d source = centre.Direction.ToVector() + RingRadius * (turn.X * first + turn.Y * second);
            if (FindFrom(LocalDirection.FromVector(source), centre.AsVertex(), cancellationToken) is { } fit && fit.Llh < best.Llh) best = fit;
        }

        return best;
    }

    private static Vector3d Place(in RecoFit fit) => new(fit.X, fit.Y, fit.Z);
}
